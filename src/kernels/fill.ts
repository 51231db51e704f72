/** One number into every element of a buffer: how gradients and moments are cleared. Not for windows that differ. */
import { grid, type Kernel, window } from '../tensor/kernel.ts';

export interface FillParams {
  readonly length: number;
  /** Part of the variant: few values, each used often. */
  readonly value: number;
}

const workgroupSize = 64;

/** Bindings: y [length]. */
export const fill: Kernel<FillParams> = {
  name: 'fill',
  sources: ['lib/grid', 'tensor/fill'],
  bindings: [{ name: 'y', access: 'read_write', dtype: 'f32' }],
  live: false,
  constants: ({ value }) => ({ workgroup_size: workgroupSize, value }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize)),
  lengths: ({ length }) => [length],
  reference({ length, value }, buffers) {
    window(buffers, 0).fill(value, 0, length);
  },
};
