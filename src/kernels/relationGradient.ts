/**
 * The gradient of a relation loss at the student's states, from the weights that relationLoss left. It adds the squared
 * norm of each row to the statistics.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { relationWeights } from './relationLoss.ts';
import { type RelationKind, relationLanes } from './relationSums.ts';
import { rowStat, rowStats } from './rowLoss.ts';

export interface RelationGradientParams {
  readonly n: number;
  readonly size: number;
  readonly kind: RelationKind;
  readonly pairs: number;
  /** Add to the gradient in place of replacing it. */
  readonly accumulate: boolean;
}

/** Whether the weights are of differences of states, or of states. */
const overDifferences = (kind: RelationKind): boolean => kind !== 'gram' && kind !== 'similarity_preserving';

/** Bindings: student [n, size], teacher [n, size] (for mmd_rbf; else anything), weights, gradient, stats. */
export const relationGradient: Kernel<RelationGradientParams> = {
  name: 'relation_gradient',
  sources: ['lib/live', 'lib/grid', 'lib/lanes', 'lib/row_groups', 'distill/relation_gradient'],
  bindings: [
    { name: 'student', access: 'read', dtype: 'f32' },
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'weights', access: 'read', dtype: 'f32' },
    { name: 'gradient', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: ({ kind, accumulate }) => ({
    LANES: relationLanes,
    DIFFERENCE: Number(overDifferences(kind)),
    CROSS: Number(kind === 'mmd_rbf'),
    ACCUMULATE: Number(accumulate),
  }),
  shape: ({ n, size, pairs }) => [n, size, pairs, relationLanes],
  workgroups: ({ n }) => grid(n),
  lengths: ({ n, size, kind }) => {
    const teacher = kind === 'mmd_rbf' ? n * size : 1;
    return [n * size, teacher, relationWeights(n, kind), n * size, n * rowStats];
  },
  reference({ n, size, kind, pairs, accumulate }, buffers, live) {
    const [student, teacher, weights] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [gradient, stats] = [window(buffers, 3), window(buffers, 4)];
    const factor = (live.get('hiddenWeight') * live.get('inverseValid')) / pairs;
    for (let i = 0; i < n; i++) {
      let squares = 0;
      for (let c = 0; c < size; c++) {
        const own = at(student, i * size + c);
        let sum = 0;
        for (let j = 0; j < n; j++) {
          const other = at(student, j * size + c);
          sum += at(weights, i * n + j) * (overDifferences(kind) ? own - other : other);
          if (kind === 'mmd_rbf') sum += at(weights, (n + i) * n + j) * (own - at(teacher, j * size + c));
        }
        const g = factor * sum;
        squares += g * g;
        gradient[i * size + c] = g + (accumulate ? at(gradient, i * size + c) : 0);
      }
      const column = i * rowStats + rowStat.hiddenGradient;
      stats[column] = at(stats, column) + squares;
    }
  },
};
