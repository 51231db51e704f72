/**
 * The order of the teacher's k most probable classes, learnt pair by pair: a hinge on probabilities or a logistic loss on
 * logits. It runs after the row loss, on what topK chose.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { rowStats } from './rowLoss.ts';
import {
  addTermRows,
  clampedTemperature,
  expSafe,
  fromProbabilitySlope,
  logSoftmaxOf,
  oneRowEach,
  type RowLossValue,
  rowLanes,
  rowLibrary,
  type TermRows,
  tamedRow,
} from './termRows.ts';

export interface RankPairsParams extends TermRows {
  readonly kind: 'hinge' | 'logistic_rank';
  /** Classes stored for each row, at most 128; the term's parameter k says how many of them are ordered. */
  readonly width: number;
}

/** Bindings: logits [rows, V], ids and log-probabilities [rows, width], flags, gradient, stats. */
export const rankPairs: Kernel<RankPairsParams> = {
  name: 'rank_pairs',
  sources: [
    ...rowLibrary,
    'lib/lanes',
    'lib/row_groups',
    'distill/terms/own_slot',
    'distill/terms/chosen',
    'distill/rank_pairs',
  ],
  bindings: [
    { name: 'logits', access: 'read', dtype: 'f32' },
    { name: 'ids', access: 'read', dtype: 'u32' },
    { name: 'log_probabilities', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'gradient', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ LANES: rowLanes }),
  shape: ({ rows, classes, width, slot, kind }) => [
    rows,
    classes,
    width,
    slot,
    rowLanes,
    Number(kind === 'hinge'),
  ],
  workgroups: oneRowEach,
  lengths: ({ rows, classes, width }) => {
    const all = rows * classes;
    return [all, rows * width, rows * width, rows, all, rows * rowStats];
  },
  reference(params, buffers, live) {
    const { width, kind, classes } = params;
    const [logits, ids, logProbabilities] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const given = live.termParams(params.slot);
    const [margin, k, epsilon] = kind === 'hinge' ? given : [0, ...given];
    const count = Math.min(Math.max(Math.trunc(k ?? 0), 1), width);
    addTermRows(params, window(buffers, 3), [window(buffers, 4), window(buffers, 5)], live, (r) => {
      const order = [...ids.subarray(r * width, r * width + count)];
      const p = [...logProbabilities.subarray(r * width, r * width + count)].map(expSafe);
      const pairs = pairsOf(order, p, epsilon ?? 0);
      const z = tamedRow(logits, r, classes);
      return kind === 'hinge'
        ? hingeRow(z, pairs, margin ?? 0, clampedTemperature(live))
        : logisticRankRow(z, pairs);
    });
  },
};

/** Pairs of classes, the one that the teacher finds more probable first. */
export type RankedPairs = readonly (readonly [number, number])[];

/** All pairs of `ids` whose probabilities differ by more than ε. */
export function pairsOf(ids: readonly number[], p: readonly number[], epsilon: number): RankedPairs {
  return ids.flatMap((upper, i) =>
    ids.flatMap((lower, l): RankedPairs => ((p[i] ?? 0) > (p[l] ?? 0) + epsilon ? [[upper, lower]] : [])),
  );
}

export function hingeRow(
  z: Float64Array,
  pairs: RankedPairs,
  margin: number,
  temperature: number,
): RowLossValue {
  const q = logSoftmaxOf(z, temperature).map(Math.exp);
  const slope = new Float64Array(z.length);
  let loss = 0;
  for (const [upper, lower] of pairs) {
    const short = margin - (at(q, upper) - at(q, lower));
    if (short <= 0) continue;
    loss += short / pairs.length;
    slope[upper] = at(slope, upper) - 1 / pairs.length;
    slope[lower] = at(slope, lower) + 1 / pairs.length;
  }
  return { loss, gradient: fromProbabilitySlope(q, slope, temperature) };
}

export function logisticRankRow(z: Float64Array, pairs: RankedPairs): RowLossValue {
  const gradient = new Float64Array(z.length);
  let loss = 0;
  for (const [upper, lower] of pairs) {
    const ahead = at(z, upper) - at(z, lower);
    loss += (Math.max(-ahead, 0) + Math.log1p(Math.exp(-Math.abs(ahead)))) / pairs.length;
    const pull = 1 / (1 + Math.exp(ahead)) / pairs.length;
    gradient[upper] = at(gradient, upper) - pull;
    gradient[lower] = at(gradient, lower) + pull;
  }
  return { loss, gradient };
}
