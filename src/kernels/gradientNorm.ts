/**
 * Partial sums of squares of a gradient segment, with a count of non-finite elements. It does not decide what to do
 * about them; gradientScale does.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';

export interface GradientNormParams {
  /** Elements of the segment, a multiple of 64. */
  readonly length: number;
  /** Partials that it leaves: `gradientNormGroups(length)`. */
  readonly groups: number;
}

const lanes = 64;
/** Vectors of four that one thread adds: at least 16, and more where the workgroups would be more than 512. */
function perThread(length: number): number {
  return Math.max(16, Math.ceil(length / 4 / lanes / 512));
}

function workgroups(length: number): number {
  return Math.ceil(length / 4 / lanes / perThread(length));
}

/** Partials of a segment of `length` elements, a multiple of 64: their window is twice as long, and always aligned. */
export function gradientNormGroups(length: number): number {
  return lanes * workgroups(length);
}

export const gradientNorm: Kernel<GradientNormParams> = {
  name: 'gradient_norm',
  sources: ['optim/gradient_norm'],
  bindings: [
    { name: 'gradients', access: 'read', dtype: 'f32' },
    { name: 'partial', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ WORKGROUP: lanes }),
  shape: ({ length, groups }) => [length / 4, groups, perThread(length)],
  workgroups: ({ length }) => [workgroups(length), 1, 1],
  lengths: ({ length, groups }) => [length, 2 * groups],
  reference({ length }, buffers) {
    const [gradients, partial] = [window(buffers, 0), window(buffers, 1)];
    partial.fill(0);
    for (let i = 0; i < length; i++) {
      const vector = i >> 2;
      const workgroup = Math.floor(vector / (lanes * perThread(length)));
      const thread = workgroup * lanes + (vector % lanes);
      const g = at(gradients, i);
      if (Number.isFinite(g)) partial[2 * thread] = at(partial, 2 * thread) + g * g;
      else partial[2 * thread + 1] = at(partial, 2 * thread + 1) + 1;
    }
  },
};
