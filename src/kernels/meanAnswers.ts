/** What several teachers say together: the weighted mean of their probabilities, or of their log-probabilities. */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import type { LiveName } from '../tensor/live.ts';
import { oneRowEach, rowLanes, tamed } from './termRows.ts';

export interface MeanAnswersParams {
  readonly rows: number;
  readonly classes: number;
  readonly combine: 'probabilities' | 'logits';
}

/** Most teachers; the live window has a weight for each, and they sum to 1. */
export const mostTeachers = 4;
export const teacherWeights = [
  'teacherWeight0',
  'teacherWeight1',
  'teacherWeight2',
  'teacherWeight3',
] as const satisfies readonly LiveName[];

const nanBits = 0x7fc0_0000;
/** The smallest normal float32. */
const least = 2 ** -126;

const logits = (name: string) => ({ name, access: 'read', dtype: 'f32' }) as const;

/** Bindings: logits of four teachers, mean [rows, V]. Fewer are filled up with the first again, at weight 0. */
export const meanAnswers: Kernel<MeanAnswersParams> = {
  name: 'mean_answers',
  sources: ['lib/live', 'lib/grid', 'lib/lanes', 'lib/row_groups', 'distill/mean_answers'],
  bindings: [
    ...['first', 'second', 'third', 'fourth'].map(logits),
    { name: 'mean', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: ({ combine }) => ({ LANES: rowLanes, GEOMETRIC: Number(combine === 'logits') }),
  shape: ({ rows, classes }) => [rows, classes, rowLanes, nanBits],
  workgroups: oneRowEach,
  lengths: ({ rows, classes }) => new Array<number>(mostTeachers + 1).fill(rows * classes),
  reference({ rows, classes, combine }, buffers, live) {
    const mean = window(buffers, mostTeachers);
    const weights = teacherWeights.map((name) => live.get(name));
    for (let r = 0; r < rows; r++) {
      const own = new Float64Array(classes);
      weights.forEach((weight, k) => {
        // A weight of 0 has no say, be it about a class that another excludes.
        if (weight === 0) return;
        const raw = window(buffers, k).subarray(r * classes, (r + 1) * classes);
        const offset = logSumExp(Float64Array.from(raw, tamed));
        for (let j = 0; j < classes; j++) {
          const z = at(raw, j);
          const logP = z === Number.NEGATIVE_INFINITY || Number.isFinite(z) ? tamed(z) - offset : Number.NaN;
          own[j] = at(own, j) + weight * (combine === 'logits' ? logP : Math.exp(logP));
        }
      });
      for (let j = 0; j < classes; j++)
        mean[r * classes + j] = combine === 'logits' ? at(own, j) : logOf(at(own, j));
    }
  },
};

function logOf(p: number): number {
  return Number.isNaN(p) ? p : Math.log(Math.max(p, least));
}

function logSumExp(row: Float64Array): number {
  const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
