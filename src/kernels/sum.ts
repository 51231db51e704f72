/** The sum of two buffers in a third: a residual connection. Its gradient is the same for both (add.ts copies and adds). */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface SumParams {
  readonly length: number;
}

const workgroupSize = 256;
/** Elements of an invocation. */
const ahead = 4;

/** Bindings: x, y, z [length]. */
export const sum: Kernel<SumParams> = {
  name: 'sum',
  sources: ['lib/grid', 'tensor/sum'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read', dtype: 'f32' },
    { name: 'z', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize / ahead)),
  lengths: ({ length }) => [length, length, length],
  reference({ length }, buffers) {
    const [x, y, z] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    for (let i = 0; i < length; i++) z[i] = at(x, i) + at(y, i);
  },
};
