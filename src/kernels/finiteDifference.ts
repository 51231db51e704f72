/**
 * Checks a gradient against fourth-order central differences of its function, in float64. For references only: a
 * float32 function has too few digits. Points near a kink are for the caller to avoid.
 */
import type { Kernel, Numbers } from '../tensor/kernel.ts';
import { LiveBlock, type LiveName, LiveWindow } from '../tensor/live.ts';

/**
 * |gradient − differences| / |differences| in Euclidean norm, over every element of `x`; `x` is restored.
 * The error of the differences is of order step⁴, so a right gradient gives about 1e-10 for smooth functions.
 */
export function gradientError(
  f: (x: Float64Array) => number,
  gradient: Float64Array,
  x: Float64Array,
  step = 1e-3,
): number {
  if (gradient.length !== x.length)
    throw new RangeError(`${gradient.length} derivatives of ${x.length} numbers`);
  let [difference, size] = [0, 0];
  x.forEach((centre, i) => {
    const value = (offset: number): number => {
      x[i] = centre + offset * step;
      return f(x);
    };
    const wanted = (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * step);
    x[i] = centre;
    difference += ((gradient[i] ?? 0) - wanted) ** 2;
    size += wanted ** 2;
  });
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-12);
}

/** Σ weights·values: turns a function with many results into one number, so that its vjp is a gradient. */
export function weightedSum(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) * (weights[i] ?? 0);
  return sum;
}

/** One call of a kernel's reference on copies of `buffers`; returns them all, in binding order. */
export function referenceRun<P>(
  kernel: Kernel<P>,
  params: P,
  buffers: readonly Numbers[],
  live: Partial<Record<LiveName, number>> = {},
): readonly Numbers[] {
  const block = new LiveBlock(1);
  for (const [name, value] of Object.entries(live)) block.set(0, name as LiveName, value);
  const copies = buffers.map((buffer) => buffer.slice());
  kernel.reference(params, copies, new LiveWindow(block.words));
  return copies;
}
