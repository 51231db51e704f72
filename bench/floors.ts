/**
 * The adapter's floors, from kernels of the bench's own: what it moves, what it computes and what a dispatch costs it.
 * No peer is measured here.
 */
import type { Executor, Storage } from '../src/tensor/executor.ts';
import { type Binding, grid, type Kernel } from '../src/tensor/kernel.ts';
import { call, type Program, type Slot, whole } from '../src/tensor/program.ts';
import { type Contestant, contest, type Warmth } from './contest.ts';

export interface Floors {
  /** Bytes read and written a second, in GB. */
  readonly copyGBs: number;
  /** 2 for a multiply–add, in GFLOP/s. */
  readonly gflops: number;
  /** Microseconds of a dispatch among many in a submit. */
  readonly dispatchUs: number;
}

/** What one piece of work needs at least. */
export interface Needs {
  readonly flops: number;
  readonly bytes: number;
  readonly dispatches: number;
}

/** Milliseconds below which this adapter cannot come: max(bytes / BW, FLOPs / F, dispatches × cost). */
export function floorMs({ flops, bytes, dispatches }: Needs, floors: Floors): number {
  return Math.max(
    bytes / (floors.copyGBs * 1e6),
    flops / (floors.gflops * 1e6),
    dispatches * floors.dispatchUs * 1e-3,
  );
}

/** Enough to keep the adapter busy, and on a GPU more than its caches hold. */
const sizes = {
  software: { copyLength: 2 ** 23, invocations: 2 ** 15 },
  hardware: { copyLength: 2 ** 26, invocations: 2 ** 20 },
} as const;
/** A CPU in place of a GPU is as fast at once as it will be, and has no time to give away. */
export function warmthOf(software: boolean): Warmth {
  return software ? { workMs: 0, turnMs: 0 } : { workMs: 300, turnMs: 20 };
}

/** Vectors of an invocation: a GPU copies fastest one by one, a CPU in place of one pays for each invocation. The better counts. */
const copyForms = [1, 4];
const manyDispatches = 256;
const chains = 4;
const links = 8;

const inOut: readonly Binding[] = [
  { name: 'x', access: 'read', dtype: 'f32' },
  { name: 'y', access: 'read_write', dtype: 'f32' },
];

function copyKernel(length: number, vectors = 1): Kernel<undefined> {
  return {
    name: 'copy',
    sources: ['lib/grid', 'bench/copy'],
    bindings: inOut,
    live: false,
    constants: () => ({ VECTORS: vectors }),
    shape: () => [length / 4],
    workgroups: () => grid(Math.ceil(length / 4 / 64 / vectors)),
    lengths: () => [length, length],
    reference(_, [x, y]) {
      if (x && y) y.set(x);
    },
  };
}

function multiplyAddKernel(invocations: number, turns: number): Kernel<undefined> {
  const half = new Uint32Array(new Float32Array([0.5]).buffer)[0] ?? 0;
  return {
    name: 'multiply_add',
    sources: ['bench/multiply_add'],
    bindings: inOut.slice(1),
    live: false,
    constants: () => ({}),
    shape: () => [invocations, turns, half],
    workgroups: () => grid(invocations / 64),
    lengths: () => [4 * invocations],
    // Where the chains tend to, within rounding.
    reference(_, [y]) {
      y?.fill(chains);
    },
  };
}

/** Copies that move so many bytes, half of them read, for work that is timed in turn with them. */
export function copyContestants(executor: Executor, bytes: number): Promise<readonly Contestant[]> {
  const copies = copyForms.map(async (vectors) => {
    const copy = await kernelContestant(executor, copyKernel(bytes / 8, vectors), 1);
    return { ...copy, name: `a copy of as many bytes, by ${vectors}` };
  });
  return Promise.all(copies);
}

/** Errors: `gpu-fault`, and RangeError where a floor's kernel did not do its work. */
export async function measureFloors(executor: Executor, turns: number): Promise<Floors> {
  const { copyLength, invocations } = sizes[executor.adapter.software ? 'software' : 'hardware'];
  const fma = 64;
  const copies = await copyContestants(executor, 8 * copyLength);
  const compute = await kernelContestant(executor, multiplyAddKernel(invocations, fma), 1);
  const tiny = await kernelContestant(executor, copyKernel(4), manyDispatches);
  await compute.run(1);
  const sum = (await executor.read(compute.result, 0, 1))[0] ?? Number.NaN;
  if (Math.abs(sum - chains) > 1e-5) throw new RangeError(`the multiply–adds gave ${sum}, not ${chains}`);
  const all = [compute, tiny, ...copies];
  const [computed, dispatched, ...copied] = await contest(all, {
    turns,
    repetitions: 4,
    warmth: warmthOf(executor.adapter.software),
  });
  for (const contestant of all) contestant.dispose();
  const flops = 2 * 4 * chains * links * fma * invocations;
  return {
    copyGBs: (8 * copyLength) / (Math.min(...copied.map((copy) => copy.median)) * 1e6),
    gflops: flops / ((computed?.median ?? Number.NaN) * 1e6),
    dispatchUs: ((dispatched?.median ?? Number.NaN) * 1e3) / manyDispatches,
  };
}

async function kernelContestant(
  executor: Executor,
  kernel: Kernel<undefined>,
  dispatches: number,
): Promise<Contestant & { readonly result: Storage }> {
  const lengths = kernel.lengths(undefined);
  const slots: Slot[] = kernel.bindings.map(({ name, dtype }, i) => ({
    name,
    dtype,
    length: lengths[i] ?? 1,
  }));
  const one = call(kernel, undefined, slots.map(whole));
  const program: Program = { name: kernel.name, slots, calls: Array.from({ length: dispatches }, () => one) };
  const storages = slots.map(({ name, dtype, length }) => executor.allocate(name, dtype, length));
  const result = storages.at(-1);
  if (result === undefined) throw new RangeError(`${kernel.name} has no binding`);
  await executor.prepare([program]);
  const bound = executor.bind(program, new Map(storages.map((storage) => [storage.label, { storage }])));
  return {
    name: kernel.name,
    result,
    async run(count) {
      executor.run(Array.from({ length: count }, () => bound));
      await executor.settled();
    },
    dispose() {
      for (const storage of storages) storage.dispose();
    },
  };
}
