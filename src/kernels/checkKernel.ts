/**
 * The one way in which kernels are tested: the same call on the promised GPU adapter and on the float64 reference,
 * compared over every binding that is written. Holds the tolerances; imports no kernel.
 */
import { expect } from 'vitest';
import { create, globals } from 'webgpu';
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { openDevice } from '../gpu/device.ts';
import { GpuExecutor } from '../gpu/gpuExecutor.ts';
import { askPatiently } from '../gpu/patience.ts';
import { shaderText } from '../gpu/shaderLibrary.ts';
import type { Executor, Placement, Storage } from '../tensor/executor.ts';
import type { Kernel } from '../tensor/kernel.ts';
import { LiveBlock, type LiveName, liveWords } from '../tensor/live.ts';
import { call, type Program } from '../tensor/program.ts';
import { RandomStream } from '../tensor/random.ts';

/** Float32 sums of a few thousand terms stay within this of float64 (LOSSES.md's own bound is 1e-5). */
const normTolerance = 1e-5;
/** Single elements may cancel: absolute, scaled by the largest, and relative. */
const elementTolerance = { absolute: 2e-5, relative: 1e-4 } as const;

export type Input = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export interface CheckOptions {
  readonly live?: Partial<Record<LiveName, number>>;
  readonly norm?: number;
  readonly absolute?: number;
  readonly relative?: number;
  /**
   * What an element may have where the exact answer is 0. A GPU's division and root are only within a few roundings, and
   * its compiler may fuse a product with a sum, so that equal numbers of different origin need not cancel.
   */
  readonly nothing?: number;
}

export interface Checked {
  /** Every binding after the call, in order. */
  readonly gpu: readonly Float32Array[];
  readonly reference: readonly Float64Array[];
}

let opened: Promise<GpuExecutor> | undefined;

/** One executor a test file, on the adapter that the environment promises. */
export function testExecutor(): Promise<GpuExecutor> {
  opened ??= open();
  return opened;
}

async function open(): Promise<GpuExecutor> {
  // Dawn's instance must outlive its devices, so it is held where nothing collects it.
  const held = globalThis as { gpu?: GPU };
  Object.assign(globalThis, globals);
  askPatiently();
  held.gpu ??= create([]);
  return new GpuExecutor(await openDevice(held.gpu), shaderText);
}

/** One on a device of its own that has no feature beyond what every device has; whoever asks disposes of it. */
async function featurelessExecutor(): Promise<GpuExecutor> {
  const { adapter: summary } = await testExecutor();
  const adapter = await (globalThis as { gpu?: GPU }).gpu?.requestAdapter();
  if (!adapter) throw new Error('there is no second adapter');
  return new GpuExecutor({ device: await adapter.requestDevice(), summary }, shaderText);
}

/** Throws unless a device without subgroups computes the same bits as the promised one, which has them. */
export async function checkWithoutFeatures<P>(
  kernel: Kernel<P>,
  params: P,
  inputs: readonly Input[],
): Promise<void> {
  const other = await featurelessExecutor();
  expect(other.device.features.has('subgroups')).toBe(false);
  const found = await runKernel(other, kernel, params, inputs);
  other.dispose();
  expect(found).toEqual(await runKernel(await testExecutor(), kernel, params, inputs));
  const written = kernel.bindings.findIndex((binding) => binding.access === 'read_write');
  expect(found[written]).not.toEqual(new Float64Array(inputs[written] ?? []));
}

/** Runs one call on both executors and throws, with both numbers, where they differ. */
export async function checkKernel<P>(
  kernel: Kernel<P>,
  params: P,
  inputs: readonly Input[],
  options: CheckOptions = {},
): Promise<Checked> {
  const gpu = await runKernel(await testExecutor(), kernel, params, inputs, options.live);
  const oracle = await runKernel(new ReferenceExecutor('float64'), kernel, params, inputs, options.live);
  kernel.bindings.forEach((binding, i) => {
    if (binding.access === 'read_write')
      compare(`${kernel.name}.${binding.name}`, gpu[i], oracle[i], options);
  });
  return { gpu: gpu.map((one) => Float32Array.from(one)), reference: oracle };
}

/** One call of a kernel on any executor; returns every binding afterwards. */
export async function runKernel<P>(
  executor: Executor,
  kernel: Kernel<P>,
  params: P,
  inputs: readonly Input[],
  live: Partial<Record<LiveName, number>> = {},
): Promise<readonly Float64Array[]> {
  const slots = kernel.bindings.map((binding, i) => ({
    name: binding.name,
    dtype: binding.dtype,
    length: inputs[i]?.length ?? 0,
  }));
  const windows = slots.map((slot) => ({ slot: slot.name, offset: 0, length: slot.length }));
  const program: Program = { name: kernel.name, slots, calls: [call(kernel, params, windows)] };
  const storages = slots.map((slot) => executor.allocate(slot.name, slot.dtype, slot.length));
  storages.forEach((storage, i) => {
    const input = inputs[i];
    if (input !== undefined) executor.write(storage, input);
  });
  const liveStorage = executor.allocate('live', 'u32', liveWords);
  const block = new LiveBlock(1);
  for (const [name, value] of Object.entries(live)) block.set(0, name as LiveName, value);
  executor.write(liveStorage, block.words);
  await executor.prepare([program]);
  const placements = new Map<string, Placement>(storages.map((storage) => [storage.label, { storage }]));
  executor.run([executor.bind(program, placements, { storage: liveStorage, offset: 0 })]);
  const results = await Promise.all(storages.map((storage) => contents(executor, storage)));
  await executor.settled();
  for (const storage of [...storages, liveStorage]) storage.dispose();
  return results;
}

async function contents(executor: Executor, storage: Storage): Promise<Float64Array> {
  if (executor.kind === 'reference') return Float64Array.from(numbersOf(storage));
  if (storage.dtype === 'u32') return Float64Array.from(await executor.readWords(storage));
  return Float64Array.from(await executor.read(storage));
}

function compare(
  name: string,
  found: Float64Array | undefined,
  wanted: Float64Array | undefined,
  options: CheckOptions,
): void {
  if (found === undefined || wanted === undefined) throw new Error(`${name} was not read`);
  let [difference, size, largest] = [0, 0, 0];
  for (const value of wanted) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const nothing = options.nothing ?? 0;
  const absolute = Math.max(options.absolute ?? elementTolerance.absolute * largest, nothing);
  const relative = options.relative ?? elementTolerance.relative;
  wanted.forEach((value, i) => {
    const got = found[i] ?? Number.NaN;
    if (!Number.isFinite(value) || !Number.isFinite(got)) {
      if (!Object.is(value, got)) throw new Error(`${name}[${i}]: got ${got}, wanted ${value}`);
      return;
    }
    const off = Math.abs(got - value);
    if (off > absolute + relative * Math.abs(value))
      throw new Error(`${name}[${i}]: got ${got}, wanted ${value}`);
    difference += off * off;
    size += value * value;
  });
  const limit =
    (options.norm ?? normTolerance) * Math.sqrt(size) + nothing * Math.sqrt(wanted.length) + 1e-30;
  if (Math.sqrt(difference) > limit) {
    throw new Error(`${name}: differs by ${Math.sqrt(difference)} in norm, allowed ${limit}`);
  }
}

/** Uniform in [−scale, scale), the same for the same seed. */
export function randomFloats(n: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const random = new RandomStream(seed, 0, 0xf10a7);
  return Float32Array.from({ length: n }, () => random.between(-scale, scale));
}

/** Integers in [0, below), the same for the same seed. */
export function randomInts(n: number, below: number, seed: number): Uint32Array<ArrayBuffer> {
  const random = new RandomStream(seed, 0, 0x1a7e6e5);
  return Uint32Array.from({ length: n }, () => random.integer(below));
}
