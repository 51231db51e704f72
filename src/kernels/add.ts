/** Adds one buffer to another, element by element: how contributions to a gradient meet. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface AddParams {
  readonly length: number;
  /** Write x over what y holds: the first contribution. */
  readonly replace?: boolean;
}

const workgroupSize = 256;
/** Elements of an invocation. */
const ahead = 4;

/** Bindings: x [length], y [length], which becomes y + x, or x where `replace`. */
export const add: Kernel<AddParams> = {
  name: 'add',
  sources: ['lib/grid', 'tensor/add'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ replace = false }) => ({ workgroup_size: workgroupSize, replace: Number(replace) }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize / ahead)),
  lengths: ({ length }) => [length, length],
  reference({ length, replace = false }, buffers) {
    const [x, y] = [window(buffers, 0), window(buffers, 1)];
    for (let i = 0; i < length; i++) y[i] = (replace ? 0 : at(y, i)) + at(x, i);
  },
};
