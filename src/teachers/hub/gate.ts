/** What is to be said of a model before it is downloaded: memory, and whether this machine will do. Pure. */
import type { HubVariant } from '../../protocol/hub.ts';
import type { ErrorDetail } from '../../spec/errors.ts';
import { largestModel } from '../onnx/inspect.ts';
import type { Variant } from './repository.ts';

/** What the engine knows of where it runs. */
export interface Machine {
  /** WebGPU is there, and it is no processor in disguise. */
  readonly gpu: boolean;
  /** `shader-f16`. */
  readonly halves: boolean;
  /** Bytes that this origin may still store; null where the browser does not say. */
  readonly room: number | null;
}

/** The file as it lies in the tab, and the runtime's own copy of its weights. */
const copies = 2;

export function gateOf({ model, bytes, files }: Variant, stored: number, machine: Machine): HubVariant {
  const own = files.filter(({ path }) => !path.endsWith('.json')).reduce((sum, file) => sum + file.bytes, 0);
  const blocks = own > largestModel ? [tooLarge(own)] : [];
  const concerns = [
    ...blocks,
    ...(machine.gpu ? [] : [slow]),
    ...(machine.gpu && !machine.halves && hasHalves(model) ? [noHalves] : []),
    ...(machine.room !== null && bytes - stored > machine.room ? [noRoom(bytes - stored, machine.room)] : []),
  ];
  return { model, bytes, stored, memory: copies * own, concerns, fits: blocks.length === 0 };
}

/** `model_fp16.onnx`, `model_q4f16.onnx`. */
function hasHalves(model: string): boolean {
  return /(fp16|f16)[^/]*\.onnx$/i.test(model);
}

const slow: ErrorDetail = {
  code: 'gate-processor',
  problem: 'There is no GPU here, so this teacher answers on the processor, which takes long',
  remedy: 'Choose short texts and a small batch',
};

const noHalves: ErrorDetail = {
  code: 'gate-halves',
  problem: 'This GPU does not compute in half precision, which this model wants',
  remedy: 'Choose another precision, or let it answer on the processor',
};

function tooLarge(bytes: number): ErrorDetail {
  return {
    code: 'onnx-too-large',
    problem: 'This model is too large for a tab',
    got: `${(bytes / 2 ** 30).toFixed(2)} GiB`,
    wanted: `at most ${largestModel / 2 ** 30} GiB`,
    remedy: 'Choose a smaller or a quantised model',
    control: 'teacher.hub',
  };
}

function noRoom(wanted: number, room: number): ErrorDetail {
  return {
    code: 'gate-room',
    problem: 'This browser has no room to keep the model, so it stays in memory until the tab is closed',
    got: `${Math.floor(room / 2 ** 20)} MiB of room`,
    wanted: `${Math.ceil(wanted / 2 ** 20)} MiB`,
    remedy: 'Delete stored models first',
    control: 'storage',
  };
}
