/**
 * Universal logit distillation: the probabilities of student and teacher compared rank by rank (Boizard et al. 2024), so
 * that the two may have different classes. It runs after the row loss; the orders come from sortRows.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { rowStats } from './rowLoss.ts';
import { descending } from './sortRows.ts';
import {
  addTermRows,
  clampedTemperature,
  fromProbabilitySlope,
  logSoftmaxOf,
  oneRowEach,
  type RowLossValue,
  rowLanes,
  rowLibrary,
  type TermRows,
  tamedRow,
} from './termRows.ts';

export interface SortedL1Params extends TermRows {
  /** Classes of the teacher, as many as the student's or not. */
  readonly teacherClasses: number;
}

/** Bindings: logits [rows, V], teacher [rows, W], their orders [rows, V] and [rows, W], flags, gradient, stats. */
export const sortedL1: Kernel<SortedL1Params> = {
  name: 'sorted_l1',
  sources: [...rowLibrary, 'lib/lanes', 'lib/row_groups', 'distill/terms/own_slot', 'distill/sorted_l1'],
  bindings: [
    { name: 'logits', access: 'read', dtype: 'f32' },
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'student_order', access: 'read', dtype: 'u32' },
    { name: 'teacher_order', access: 'read', dtype: 'u32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'gradient', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ LANES: rowLanes }),
  shape: (params) => [params.rows, params.classes, params.teacherClasses, params.slot, rowLanes],
  workgroups: oneRowEach,
  lengths: ({ rows, classes, teacherClasses }) => {
    const [own, taught] = [rows * classes, rows * teacherClasses];
    return [own, taught, own, taught, rows, own, rows * rowStats];
  },
  reference(params, buffers, live) {
    const [logits, teacher, flags] = [window(buffers, 0), window(buffers, 1), window(buffers, 4)];
    addTermRows(params, flags, [window(buffers, 5), window(buffers, 6)], live, (r) =>
      sortedL1Row(
        tamedRow(logits, r, params.classes),
        tamedRow(teacher, r, params.teacherClasses),
        clampedTemperature(live),
      ),
    );
  },
};

/** Loss and gradient of one row of logits z against u, of any two lengths. */
export function sortedL1Row(z: Float64Array, u: Float64Array, temperature: number): RowLossValue {
  const q = logSoftmaxOf(z, temperature).map(Math.exp);
  const p = logSoftmaxOf(u, temperature).map(Math.exp);
  const [own, taught] = [descending(z), descending(u)];
  const slope = new Float64Array(z.length);
  let loss = 0;
  for (let r = 0; r < Math.max(z.length, u.length); r++) {
    const difference = at(q, own[r] ?? -1) - at(p, taught[r] ?? -1);
    loss += Math.abs(difference);
    const j = own[r];
    if (j !== undefined) slope[j] = Math.sign(difference);
  }
  return { loss, gradient: fromProbabilitySlope(q, slope, temperature) };
}
