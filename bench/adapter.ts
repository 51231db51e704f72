/**
 * Dawn's adapter for this engine and for its peers alike: they look for `navigator.gpu`, and each takes a device of its
 * own from the same adapter. Node only.
 */
import { create, globals } from 'webgpu';
import { openDevice } from '../src/gpu/device.ts';
import { GpuExecutor } from '../src/gpu/gpuExecutor.ts';
import { askPatiently, askWithoutPause } from '../src/gpu/patience.ts';
import { shaderText } from '../src/gpu/shaderLibrary.ts';
import copyText from './copy.wgsl?raw';
import multiplyAddText from './multiply_add.wgsl?raw';

const ownShaders = new Map([
  ['bench/copy', copyText],
  ['bench/multiply_add', multiplyAddText],
]);

export interface Bench {
  readonly executor: GpuExecutor;
  /** What Dawn says of the adapter: `llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)`. */
  readonly adapter: string;
  /** A CPU in place of a GPU: only ratios mean anything. */
  readonly software: boolean;
}

/** Errors: `webgpu-no-adapter`, `webgpu-no-device`. */
export async function openBench(): Promise<Bench> {
  const held = globalThis as { benchGpu?: GPU };
  Object.assign(globalThis, globals);
  // Dawn's instance has to outlive its devices, so it is held where nothing collects it.
  askPatiently();
  held.benchGpu ??= create([]);
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu: held.benchGpu, userAgent: `Node ${process.version}` },
    configurable: true,
  });
  const executor = new GpuExecutor(await openDevice(held.benchGpu), textOf);
  if (!executor.adapter.software) askWithoutPause();
  const info = executor.device.adapterInfo;
  const adapter = info.description || executor.adapter.name;
  return { executor, adapter, software: executor.adapter.software };
}

function textOf(sources: readonly string[]): string {
  return sources.map((source) => ownShaders.get(source) ?? shaderText([source])).join('\n');
}
