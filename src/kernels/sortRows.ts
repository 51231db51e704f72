/**
 * The order of each row of logits: indices by descending value, ties by ascending index. Losses that compare ranks
 * stand on it; it computes no loss.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { rowLanes, rowLibrary, tamed } from './termRows.ts';

export interface SortRowsParams {
  readonly rows: number;
  /** Elements of a row. */
  readonly n: number;
}

/** Two arrays of this many words are all the workgroup memory that every adapter has, less one word each. */
const mostShared = 1024;

/** Bindings: values [rows, n], order [rows, n]. */
export const sortRows: Kernel<SortRowsParams> = {
  name: 'sort_rows',
  sources: [...rowLibrary, 'distill/sort_rows'],
  bindings: [
    { name: 'values', access: 'read', dtype: 'f32' },
    { name: 'order', access: 'read_write', dtype: 'u32' },
  ],
  live: false,
  constants: ({ n }) => ({ LANES: rowLanes, SHARED: n <= mostShared ? nextPower(n) : 0 }),
  shape: ({ rows, n }) => [rows, n],
  workgroups: ({ rows }) => grid(rows),
  lengths: ({ rows, n }) => [rows * n, rows * n],
  reference({ rows, n }, buffers) {
    for (let r = 0; r < rows; r++) {
      const row = window(buffers, 0).subarray(r * n, (r + 1) * n);
      window(buffers, 1).set(descending(Float64Array.from(row, tamed)), r * n);
    }
  },
};

/** Indices by descending value, ties by ascending index. */
export function descending(values: Float64Array): readonly number[] {
  return Array.from(values.keys()).sort((a, b) => at(values, b) - at(values, a) || a - b);
}

/** So that one variant serves many widths. */
function nextPower(n: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(64, n)));
}
