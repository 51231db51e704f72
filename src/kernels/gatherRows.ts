/** Rows of a table, picked by index: how a batch is taken from data that lie on the GPU. Words pass as bits. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface GatherRowsParams {
  readonly rows: number;
  readonly size: number;
  readonly sourceRows: number;
}

const workgroupSize = 64;

/** Bindings: indices u32 [rows], source [sourceRows, size], y [rows, size]. An index past the end gives zeros. */
export const gatherRows: Kernel<GatherRowsParams> = {
  name: 'gather_rows',
  sources: ['lib/grid', 'tensor/gather_rows'],
  bindings: [
    { name: 'indices', access: 'read', dtype: 'u32' },
    { name: 'source', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ size }) => ({ workgroup_size: workgroupSize, vector: Number(size % 4 === 0) }),
  shape: ({ rows, size, sourceRows }) => [rows, size, sourceRows],
  workgroups: ({ rows, size }) => grid(Math.ceil((rows * size) / 4 / workgroupSize)),
  lengths: ({ rows, size, sourceRows }) => [rows, sourceRows * size, rows * size],
  reference({ rows, size, sourceRows }, buffers) {
    const [indices, source, y] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    for (let r = 0; r < rows; r++) {
      const from = at(indices, r);
      for (let c = 0; c < size; c++) y[r * size + c] = from < sourceRows ? at(source, from * size + c) : 0;
    }
  },
};
