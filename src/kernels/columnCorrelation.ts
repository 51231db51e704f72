/** How each class of a batch correlates between student and teacher over the rows: what distIntra stands on. */
import { at, grid, type Kernel, type Numbers, window } from '../tensor/kernel.ts';
import { rowFlag } from './rowLoss.ts';

export interface ColumnCorrelationParams {
  readonly rows: number;
  readonly classes: number;
}

/** Numbers of a column, in this order; three more are 0. */
export const columnStat = { meanP: 0, meanQ: 1, inverseP: 2, inverseQ: 3, miss: 4, rows: 5 } as const;
export const columnWidth = 8;
/** Below this squared spread a column is constant (in float32 it is nothing but rounding). */
const leastSpread = 1e-30;
const lanes = 64;

/** Bindings: q, p [rows, V], flags, columns [V, 8]. */
export const columnCorrelation: Kernel<ColumnCorrelationParams> = {
  name: 'column_correlation',
  sources: ['lib/grid', 'distill/column_correlation'],
  bindings: [
    { name: 'q', access: 'read', dtype: 'f32' },
    { name: 'p', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'columns', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ WORKGROUP: lanes }),
  shape: ({ rows, classes }) => [rows, classes],
  workgroups: ({ classes }) => grid(Math.ceil(classes / lanes)),
  lengths: ({ rows, classes }) => [rows * classes, rows * classes, rows, classes * columnWidth],
  reference({ rows, classes }, buffers) {
    const [q, p, flags] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const valid = Array.from({ length: rows }, (_, r) => r).filter(
      (r) => (at(flags, r) & rowFlag.valid) !== 0,
    );
    for (let j = 0; j < classes; j++) {
      const column = (x: Numbers): readonly number[] => valid.map((r) => at(x, r * classes + j));
      window(buffers, 3).set([...correlation(column(q), column(p)), 0, 0], j * columnWidth);
    }
  },
};

function correlation(q: readonly number[], p: readonly number[]): readonly number[] {
  const [meanQ, meanP] = [mean(q), mean(p)];
  const [centredQ, centredP] = [q.map((x) => x - meanQ), p.map((x) => x - meanP)];
  const [spreadQ, spreadP] = [squares(centredQ), squares(centredP)];
  if (spreadQ < leastSpread || spreadP < leastSpread) return [meanP, meanQ, 0, 0, 1, q.length];
  const [inverseQ, inverseP] = [1 / Math.sqrt(spreadQ), 1 / Math.sqrt(spreadP)];
  const miss = 0.5 * squares(centredP.map((x, r) => x * inverseP - (centredQ[r] ?? 0) * inverseQ));
  return [meanP, meanQ, inverseP, inverseQ, miss, q.length];
}

const mean = (x: readonly number[]): number =>
  x.reduce((sum, value) => sum + value, 0) / Math.max(1, x.length);
const squares = (x: readonly number[]): number => x.reduce((sum, value) => sum + value * value, 0);
