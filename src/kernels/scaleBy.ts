/** A tensor times a number that an earlier kernel computed, without the host. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

const workgroupSize = 64;

/** Bindings: factor [1], x [length]. */
export const scaleBy: Kernel<{ readonly length: number }> = {
  name: 'scale_by',
  sources: ['lib/grid', 'tensor/scale_by'],
  bindings: [
    { name: 'factor', access: 'read', dtype: 'f32' },
    { name: 'x', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize)),
  lengths: ({ length }) => [1, length],
  reference({ length }, buffers) {
    const [factor, x] = [at(window(buffers, 0), 0), window(buffers, 1)];
    for (let i = 0; i < length; i++) x[i] = factor * at(x, i);
  },
};
