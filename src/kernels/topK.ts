/**
 * The teacher's k most probable classes with their log-probabilities at the step's temperature, and the log-probability
 * of all others: a sparse teacher made from a dense one. What is learnt from it is in sparseKl and rankPairs.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { descending } from './sortRows.ts';
import { clampedTemperature, logSoftmaxOf, oneRowEach, rowLanes, rowLibrary, tamedRow } from './termRows.ts';

/** Most classes of a sparse teacher (DistillKit stores as many). */
export const mostChosen = 128;
/** log 0, where nothing is left for the tail. */
export const logNothing = -1e30;

export interface TopKParams {
  readonly rows: number;
  readonly classes: number;
  /** At most `mostChosen` and at most `classes`. */
  readonly k: number;
}

/** Bindings: teacher [rows, V], ids [rows, k], log-probabilities [rows, k], tail [rows]. */
export const topK: Kernel<TopKParams> = {
  name: 'top_k',
  sources: [...rowLibrary, 'lib/lanes', 'lib/row_groups', 'distill/top_k'],
  bindings: [
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'ids', access: 'read_write', dtype: 'u32' },
    { name: 'log_probabilities', access: 'read_write', dtype: 'f32' },
    { name: 'tail', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ LANES: rowLanes }),
  shape: ({ rows, classes, k }) => [rows, classes, k, rowLanes],
  workgroups: oneRowEach,
  lengths: ({ rows, classes, k }) => [rows * classes, rows * k, rows * k, rows],
  reference({ rows, classes, k }, buffers, live) {
    for (let r = 0; r < rows; r++) {
      const u = tamedRow(window(buffers, 0), r, classes);
      const order = descending(u);
      const logP = logSoftmaxOf(u, clampedTemperature(live));
      window(buffers, 1).set(order.slice(0, k), r * k);
      window(buffers, 2).set(
        order.slice(0, k).map((j) => at(logP, j)),
        r * k,
      );
      window(buffers, 3)[r] = logSumExp(order.slice(k).map((j) => at(logP, j)));
    }
  },
};

/** log Σ eˣ; `logNothing` of no numbers. */
export function logSumExp(values: readonly number[]): number {
  const largest = values.reduce((most, x) => Math.max(most, x), logNothing);
  if (largest === logNothing) return logNothing;
  return largest + Math.log(values.reduce((sum, x) => sum + Math.exp(x - largest), 0));
}
