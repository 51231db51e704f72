/** Adds one buffer to another, element by element: how contributions to a gradient meet. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface AddParams {
  readonly length: number;
}

const workgroupSize = 64;

/** Bindings: x [length], y [length], which becomes y + x. */
export const add: Kernel<AddParams> = {
  name: 'add',
  sources: ['lib/grid', 'tensor/add'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize)),
  lengths: ({ length }) => [length, length],
  reference({ length }, buffers) {
    const [x, y] = [window(buffers, 0), window(buffers, 1)];
    for (let i = 0; i < length; i++) y[i] = at(y, i) + at(x, i);
  },
};
