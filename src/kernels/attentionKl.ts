/**
 * KL between the rows of two attention matrices, the teacher's and the student's, and its slope by the student's scores;
 * attentionKlGradient goes on from there. It runs after the row loss and adds to its statistics.
 */
import { at, grid, type Kernel, type Numbers, window } from '../tensor/kernel.ts';
import { attentionLanes } from './attentionWeights.ts';
import { rowFlag, rowStat, rowStats } from './rowLoss.ts';

/** Losses made of it: on the weights of attention, and on the relation of values with values. */
export const attentionLossIds = ['attention_kl', 'value_relation_kl'] as const;
export type AttentionLossId = (typeof attentionLossIds)[number];

export interface AttentionKlParams {
  readonly batch: number;
  readonly positions: number;
  /** Of the student. */
  readonly heads: number;
  /** A multiple of `heads`: each head of the student learns the mean of so many. As many where `logs`. */
  readonly teacherHeads: number;
  /** Whether the teacher's numbers are logarithms of weights, as attentionWeights gives them. */
  readonly logs: boolean;
  /** Pairs of layers that are compared in all: the loss is the mean over them. */
  readonly pairs: number;
}

/** Bindings: teacher [rows, teacherHeads, positions], flags [rows], own [rows, heads, positions] in and out, stats [rows, 16]. */
export const attentionKl: Kernel<AttentionKlParams> = {
  name: 'attention_kl',
  sources: [
    'lib/live',
    'lib/grid',
    'lib/lanes',
    'lib/row_groups',
    'distill/terms/series',
    'distill/attention_kl',
  ],
  bindings: [
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'own', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: ({ logs }) => ({ LANES: attentionLanes, LOGS: Number(logs) }),
  shape: ({ batch, positions, heads, teacherHeads, pairs }) => [
    ...[batch * positions, positions, heads, teacherHeads, pairs, attentionLanes],
  ],
  workgroups: ({ batch, positions }) => grid(batch * positions),
  lengths: ({ batch, positions, heads, teacherHeads }) => {
    const rows = batch * positions;
    return [rows * teacherHeads * positions, rows, rows * heads * positions, rows * rowStats];
  },
  reference(params, buffers, live) {
    const { batch, positions, heads, pairs } = params;
    const [teacher, flags] = [window(buffers, 0), window(buffers, 1)];
    const [own, stats] = [window(buffers, 2), window(buffers, 3)];
    const share = live.get('inverseValid') / (pairs * heads);
    const factor = live.get('hiddenWeight') * share;
    for (let row = 0; row < batch * positions; row++) {
      const first = row * heads * positions;
      if ((at(flags, row) & rowFlag.valid) === 0) {
        own.fill(0, first, first + heads * positions);
        continue;
      }
      let loss = 0;
      for (let head = 0; head < heads; head++) {
        taughtWeights(params, teacher, row, head).forEach((p, j) => {
          const place = first + head * positions + j;
          const log = at(own, place);
          const q = Math.exp(log);
          loss += p === 0 ? q : p * (Math.expm1(log - Math.log(p)) - (log - Math.log(p)));
          own[place] = factor * (q - p);
        });
      }
      const [total, hidden] = [row * rowStats + rowStat.total, row * rowStats + rowStat.hidden];
      stats[total] = at(stats, total) + factor * loss;
      stats[hidden] = at(stats, hidden) + share * loss;
    }
  },
};

/** The distribution over the keys up to its own that a head of the student should have at a row. */
function taughtWeights(
  { positions, heads, teacherHeads, logs }: AttentionKlParams,
  teacher: Numbers,
  row: number,
  head: number,
): Float64Array {
  const count = teacherHeads / heads;
  const first = (row * teacherHeads + head * count) * positions;
  const weights = Float64Array.from({ length: (row % positions) + 1 }, (_, j) => {
    if (logs) return Math.exp(at(teacher, first + j));
    let sum = 0;
    for (let g = 0; g < count; g++) sum += at(teacher, first + g * positions + j);
    return sum;
  });
  const total = logs ? 1 : weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}
