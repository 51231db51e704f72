/** Rows written to places of a table, by index: how outputs of a batch reach a pack. The inverse of gatherRows. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface ScatterRowsParams {
  readonly rows: number;
  readonly size: number;
  readonly targetRows: number;
}

const workgroupSize = 64;

/**
 * Bindings: indices u32 [rows], all different, x [rows, size], y [targetRows, size]. A row whose index is past the
 * end is left out; rows of y that no index names keep what they hold.
 */
export const scatterRows: Kernel<ScatterRowsParams> = {
  name: 'scatter_rows',
  sources: ['lib/grid', 'tensor/scatter_rows'],
  bindings: [
    { name: 'indices', access: 'read', dtype: 'u32' },
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ rows, size, targetRows }) => [rows, size, targetRows],
  workgroups: ({ rows, size }) => grid(Math.ceil((rows * size) / workgroupSize)),
  lengths: ({ rows, size, targetRows }) => [rows, rows * size, targetRows * size],
  reference({ rows, size, targetRows }, buffers) {
    const [indices, x, y] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    for (let r = 0; r < rows; r++) {
      const to = at(indices, r);
      if (to >= targetRows) continue;
      for (let c = 0; c < size; c++) y[to * size + c] = at(x, r * size + c);
    }
  },
};
