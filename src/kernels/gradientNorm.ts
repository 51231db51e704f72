/**
 * Partial sums of squares of a gradient segment, with a count of non-finite elements. It does not decide what to do
 * about them; gradientScale does.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface GradientNormParams {
  /** Elements of the segment, a multiple of 64. */
  readonly length: number;
  /** Partials that it leaves: `gradientNormGroups(length)`. */
  readonly groups: number;
}

const lanes = 64;
/** Vectors of four that one thread adds: 1,024 elements. */
const perThread = 256;
const perWorkgroup = lanes * perThread * 4;

/** Partials of a segment of `length` elements, a multiple of 64: their window is twice as long, and always aligned. */
export function gradientNormGroups(length: number): number {
  return lanes * Math.ceil(length / perWorkgroup);
}

export const gradientNorm: Kernel<GradientNormParams> = {
  name: 'gradient_norm',
  sources: ['lib/grid', 'optim/gradient_norm'],
  bindings: [
    { name: 'gradients', access: 'read', dtype: 'f32' },
    { name: 'partial', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ WORKGROUP: lanes, PER_THREAD: perThread }),
  shape: ({ length, groups }) => [length / 4, groups],
  workgroups: ({ length }) => grid(Math.ceil(length / perWorkgroup)),
  lengths: ({ length, groups }) => [length, 2 * groups],
  reference({ length }, buffers) {
    const [gradients, partial] = [window(buffers, 0), window(buffers, 1)];
    partial.fill(0);
    for (let i = 0; i < length; i++) {
      const vector = i >> 2;
      const workgroup = Math.floor(vector / (lanes * perThread));
      const thread = workgroup * lanes + (vector % lanes);
      const g = at(gradients, i);
      if (Number.isFinite(g)) partial[2 * thread] = at(partial, 2 * thread) + g * g;
      else partial[2 * thread + 1] = at(partial, 2 * thread + 1) + 1;
    }
  },
};
