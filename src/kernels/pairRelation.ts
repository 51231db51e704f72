/**
 * Products or squared distances between all rows of two batches of states: what the losses on relations are made from.
 */
import { at, grid, type Kernel, type Numbers, window } from '../tensor/kernel.ts';

export interface PairRelationParams {
  readonly n: number;
  /** Numbers of a row. */
  readonly size: number;
  readonly kind: 'product' | 'distance';
}

const lanes = 64;

/** Bindings: x [n, size], y [n, size], out [n, n]. */
export const pairRelation: Kernel<PairRelationParams> = {
  name: 'pair_relation',
  sources: ['lib/grid', 'distill/pair_relation'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read', dtype: 'f32' },
    { name: 'out', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ kind }) => ({ WORKGROUP: lanes, DISTANCE: Number(kind === 'distance') }),
  shape: ({ n, size }) => [n, size],
  workgroups: ({ n }) => grid(Math.ceil((n * n) / lanes)),
  lengths: ({ n, size }) => [n * size, n * size, n * n],
  reference({ n, size, kind }, buffers) {
    const row = (i: number, r: number): Numbers => window(buffers, i).subarray(r * size, (r + 1) * size);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const [x, y] = [row(0, i), row(1, j)];
        let sum = 0;
        for (let c = 0; c < size; c++)
          sum += kind === 'distance' ? (at(x, c) - at(y, c)) ** 2 : at(x, c) * at(y, c);
        window(buffers, 2)[i * n + j] = sum;
      }
    }
  },
};
