/**
 * The teacher that answers each batch: on the engine's own GPU device or in a worker on the processor, as it was chosen
 * or as the two were measured. How either answers is theirs (teachers/onnx/).
 */
import { GpuExecutor, gpuBuffer } from '../gpu/gpuExecutor.ts';
import { detailOf } from '../spec/errors.ts';
import { openGpuTeacher } from '../teachers/onnx/gpuSession.ts';
import { loadRuntime, withDeadline } from '../teachers/onnx/runtime.ts';
import type { TeacherRequest } from '../teachers/onnx/session.ts';
import { openWasmClient } from '../teachers/onnx/wasmTeacherClient.ts';
import type { OpenedLiveTeacher } from '../training/engineHost.ts';
import type { Race } from '../training/race.ts';
import { chosenInputs, rowsTeacher } from '../training/rowsTeacher.ts';
import { TokenIds } from '../training/tokenIds.ts';

type Provider = OpenedLiveTeacher['provider'];

/** A teacher in one of the two places, measured over a warm batch. */
export interface Candidate extends Omit<OpenedLiveTeacher, 'provider'> {
  /** What else there is to say about it. */
  readonly remark?: string;
}

/** What became of opening one: milliseconds for a warm batch, or why it does not serve. */
export type Trial = { readonly milliseconds: number } | { readonly failed: string };

/** A GPU that is a processor itself is seldom the faster one, and must not keep anybody waiting to find out. */
const softwareTrialMs = 5_000;

/** `member`: which of several teachers it is. Errors: those of ONNX sessions. */
export async function openLiveTeacher(
  request: TeacherRequest,
  race: Race,
  member: number | null = null,
): Promise<OpenedLiveTeacher> {
  const { executor, trainer } = race;
  const { provider } = trainer.spec.teacher;
  const openWasm = () => onProcessor(request, race, member);
  if (!(executor instanceof GpuExecutor)) {
    const reason = provider === 'wasm' ? 'as chosen' : 'there is no WebGPU here';
    return { ...(await openWasm()), provider: { name: 'wasm', reason } };
  }
  if (provider === 'wasm') return { ...(await openWasm()), provider: { name: 'wasm', reason: 'as chosen' } };
  const openGpu = () => onDevice(executor, request, race, member);
  if (provider === 'gpu') {
    const teacher = await openGpu();
    return { ...teacher, provider: { name: 'gpu', reason: teacher.remark ?? 'as chosen' } };
  }
  // What the runtime takes to arrive is the network's affair, and no part of the trial.
  const loaded = async () => {
    await loadRuntime('gpu');
    return openGpu;
  };
  return quicker(openWasm, loaded, executor.adapter.software ? softwareTrialMs : Number.POSITIVE_INFINITY);
}

/**
 * Opens both, keeps the faster and disposes of the other. `loadGpu` resolves with what then has `deadlineMs` to open.
 * Errors: `device-lost`; the processor's where neither opens.
 */
export async function quicker(
  openWasm: () => Promise<Candidate>,
  loadGpu: () => Promise<() => Promise<Candidate>>,
  deadlineMs: number,
): Promise<OpenedLiveTeacher> {
  const wasm = await tried(openWasm);
  const gpu = await tried(async () => inTime(await loadGpu(), deadlineMs)).catch((lost: unknown) => {
    wasm.teacher?.dispose();
    throw lost;
  });
  const provider = faster(wasm.trial, gpu.trial, gpu.teacher?.remark);
  const [chosen, other] = provider.name === 'gpu' ? [gpu, wasm] : [wasm, gpu];
  other.teacher?.dispose();
  if (chosen.teacher === null) throw chosen.error;
  return { ...chosen.teacher, provider };
}

/** The place to answer in, with the figures that speak for it. Where neither serves it is the processor. */
export function faster(wasm: Trial, gpu: Trial, remark?: string): Provider {
  if ('failed' in gpu) return { name: 'wasm', reason: `the GPU did not take it: ${gpu.failed}` };
  const also = remark === undefined ? '' : `; ${remark}`;
  if ('failed' in wasm)
    return { name: 'gpu', reason: `the processor did not take it: ${wasm.failed}${also}` };
  const [ours, theirs] = [figure(wasm.milliseconds), figure(gpu.milliseconds)];
  if (wasm.milliseconds < gpu.milliseconds)
    return { name: 'wasm', reason: `measured faster here: ${ours} ms a batch against ${theirs} on the GPU` };
  return {
    name: 'gpu',
    reason: `measured faster here: ${theirs} ms a batch against ${ours} on the processor${also}`,
  };
}

function figure(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(1) : String(Math.round(milliseconds));
}

interface Tried {
  readonly teacher: Candidate | null;
  readonly trial: Trial;
  readonly error?: unknown;
}

/** Errors: `device-lost`, which is followed by another device and another trial. */
async function tried(open: () => Promise<Candidate>): Promise<Tried> {
  try {
    const teacher = await open();
    return { teacher, trial: teacher };
  } catch (error) {
    const { code, problem, got } = detailOf(error);
    if (code === 'device-lost') throw error;
    return { teacher: null, trial: { failed: got === undefined ? problem : `${problem} (${got})` }, error };
  }
}

/** One that comes too late is disposed of. */
async function inTime(open: () => Promise<Candidate>, deadlineMs: number): Promise<Candidate> {
  const opening = open();
  if (deadlineMs === Number.POSITIVE_INFINITY) return opening;
  try {
    return await withDeadline(opening, deadlineMs);
  } catch (error) {
    opening.then(
      (late) => late.dispose(),
      () => undefined,
    );
    throw error;
  }
}

async function onProcessor(
  request: TeacherRequest,
  { executor, prepared }: Race,
  member: number | null,
): Promise<Candidate> {
  const teacher = await openWasmClient(request);
  return {
    ...rowsTeacher(teacher, prepared.dataset, executor, member),
    rows: teacher,
    next: teacher.next,
    milliseconds: teacher.info.milliseconds,
    dispose: () => teacher.dispose(),
  };
}

async function onDevice(
  executor: GpuExecutor,
  request: TeacherRequest,
  race: Race,
  member: number | null,
): Promise<Candidate> {
  const teacher = await openGpuTeacher(executor.device, request);
  const { batches } = race.trainer;
  const hidden = request.taps.map((_, i) => gpuBuffer(batches.hidden(i)));
  const { dataset } = race.prepared;
  const wide = teacher.inputWords === 2;
  const ids = wide ? await TokenIds.create(executor, batches.input) : null;
  teacher.bind({
    input: gpuBuffer(ids?.storage ?? batches.input),
    logits: gpuBuffer(batches.answersOf(member)),
    hidden,
  });
  return {
    milliseconds: teacher.info.milliseconds,
    remark: teacher.copies === 0 ? 'on the GPU, its answers never leave it' : 'on the GPU, with a copy there',
    answer: async (_, indices, written) => {
      ids?.write();
      if (teacher.readsBatch) return teacher.answer();
      return teacher.answer(written === undefined ? chosenInputs(dataset, indices) : await written());
    },
    next: teacher.next,
    dispose() {
      ids?.dispose();
      void teacher.dispose();
    },
  };
}
