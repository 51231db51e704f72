/** Dawn in Node: the same WebGPU, for the command line and the tests. The page never imports this. */
import { create, globals } from 'webgpu';
import { openDevice } from './device.ts';
import { GpuExecutor } from './gpuExecutor.ts';
import { askPatiently } from './patience.ts';
import { shaderText } from './shaderLibrary.ts';

// Dawn's instance has to outlive its devices, so it is held where nothing collects it.
const held = globalThis as { stillroomGpu?: GPU; stillroomNullGpu?: GPU };

/** Errors: `webgpu-no-adapter`, `webgpu-no-device`. */
export async function openNodeExecutor(): Promise<GpuExecutor> {
  Object.assign(globalThis, globals);
  askPatiently();
  held.stillroomGpu ??= create([]);
  return new GpuExecutor(await openDevice(held.stillroomGpu), shaderText);
}

/** Compiles every kernel and computes nothing: for checking shaders where no driver is, and fast. */
export async function openNullExecutor(): Promise<GpuExecutor> {
  Object.assign(globalThis, globals);
  askPatiently();
  held.stillroomNullGpu ??= create(['backend=null']);
  return new GpuExecutor(await openDevice(held.stillroomNullGpu), shaderText);
}

/** Lets Node exit once every device is destroyed. */
export function releaseNodeGpu(): void {
  delete held.stillroomGpu;
  delete held.stillroomNullGpu;
}
