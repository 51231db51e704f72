/**
 * The losses on logits that are no sum over classes: they rank a row, see only some of its classes, draw from it, or look
 * at whole columns of a batch. Each has kernels of its own that run after the row loss. Here are their ids, and what one
 * row is worth to them in float64, for whoever asks without an executor.
 */
import { at } from '../tensor/kernel.ts';
import { adaptiveKlRow, adaptiveWeights } from './adaptiveKl.ts';
import { hingeRow, logisticRankRow, pairsOf } from './rankPairs.ts';
import type { RowTerm } from './rowTerms.ts';
import { sortedL1Row } from './sortedL1.ts';
import { descending } from './sortRows.ts';
import { firstOf, type SparseMode, type SparseTeacher, sparseKlRow } from './sparseKl.ts';
import { expSafe, logSoftmaxOf, type RowLossValue, tamed } from './termRows.ts';
import { logSumExp, mostChosen } from './topK.ts';

export const rankedIds = [
  'adaptive_kl',
  'sorted_l1',
  'hinge',
  'logistic_rank',
  'sampled_reverse_kl',
  'dist_intra',
  'sparse_renormalise',
  'sparse_tail',
  'sparse_tail_reverse',
  'sparse_renormalise_both',
] as const;
export type RankedId = (typeof rankedIds)[number];

/** `sparse_tail` with a planted mistake, of the failure gallery: no objective names it. */
export const naiveTail = 'sparse_tail_naive';
/** A term of the kernels that run after the row loss. */
export type RankedTerm = RankedId | typeof naiveTail;

/** What an arm computes in a slot. */
export type ArmTerm = RowTerm | RankedTerm;

export function isRanked(term: ArmTerm): term is RankedTerm {
  return term === naiveTail || rankedIds.some((id) => id === term);
}

/** The mode of a sparse divergence; undefined of another loss. */
export function sparseMode(id: RankedTerm): SparseMode | undefined {
  const modes: Partial<Record<RankedTerm, SparseMode>> = {
    [naiveTail]: 'tail',
    sparse_renormalise: 'renormalise',
    sparse_tail: 'tail',
    sparse_tail_reverse: 'tail_reverse',
    sparse_renormalise_both: 'renormalise_both',
  };
  return modes[id];
}

export interface RankedQuestion {
  readonly student: ArrayLike<number>;
  readonly teacher: ArrayLike<number>;
  readonly temperature: number;
  /** In the order of spec/terms.ts. */
  readonly params: readonly number[];
}

/**
 * Loss and gradient of one row, without weight; null where no single row decides them (`dist_intra`), or where they are
 * drawn (`sampled_reverse_kl`).
 */
export function rankedRow(id: RankedId, question: RankedQuestion): RowLossValue | null {
  const temperature = Math.min(Math.max(question.temperature, 0.01), 1000);
  const [z, u] = [Float64Array.from(question.student, tamed), Float64Array.from(question.teacher, tamed)];
  const [first = 0, second = 0, third = 0] = question.params;
  const mode = sparseMode(id);
  if (mode !== undefined) {
    const teacher = firstOf(sparseOf(u, temperature), Math.max(1, Math.trunc(first)), 1);
    return sparseKlRow(mode, z, teacher, temperature);
  }
  switch (id) {
    case 'adaptive_kl':
      return adaptiveKlRow(z, u, temperature, adaptiveWeights(z, u, temperature, first));
    case 'sorted_l1':
      return sortedL1Row(z, u, temperature);
    case 'hinge':
      return hingeRow(z, topPairs(u, temperature, second, third), first, temperature);
    case 'logistic_rank':
      return logisticRankRow(z, topPairs(u, temperature, first, second));
    default:
      return null;
  }
}

function topPairs(u: Float64Array, temperature: number, k: number, epsilon: number) {
  const { ids, logProbabilities } = sparseOf(u, temperature);
  const count = Math.max(1, Math.trunc(k));
  return pairsOf(ids.slice(0, count), logProbabilities.slice(0, count).map(expSafe), epsilon);
}

/** What is kept of a dense teacher's row. */
export function sparseOf(u: Float64Array, temperature: number, width: number = mostChosen): SparseTeacher {
  const logP = logSoftmaxOf(u, temperature);
  const order = descending(u);
  return {
    ids: order.slice(0, width),
    logProbabilities: order.slice(0, width).map((j) => at(logP, j)),
    tail: logSumExp(order.slice(width).map((j) => at(logP, j))),
  };
}
