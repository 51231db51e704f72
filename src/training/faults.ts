/**
 * The failure gallery: mistakes that shipped elsewhere, planted into one arm of a run so that its curve shows what they
 * do beside an arm that is right. What an arm is given in place of the batch, and by how much its weights are wrong.
 */
import type { Split } from '../data/task.ts';
import type { ArmFault, ArmSpec, ObjectiveSpec } from '../spec/runSpec.ts';
import { type AnswerRows, denseOf, isTop, type TopRows } from '../teachers/topAnswers.ts';
import type { TransferAnswers } from './batches.ts';
import type { RowCounts } from './stepRows.ts';

/** Slots of the batch that a faulty arm has of its own. */
export const faultSlots = {
  mask_ignored: 'flags',
  zero_logits: 'teacher',
} as const satisfies Partial<Record<ArmFault, string>>;

export type SlotFault = keyof typeof faultSlots;

/** Faults of a run's arms that need a slot of their own. */
export function slotFaults(arms: readonly ArmSpec[]): readonly SlotFault[] {
  const all = Object.keys(faultSlots) as SlotFault[];
  return all.filter((fault) => arms.some((arm) => arm.fault === fault));
}

/** 1/N of valid and of labelled rows as the arm takes them. */
export function inverseCounts(
  fault: ArmFault | undefined,
  { valid, labelled, total }: RowCounts,
): { readonly inverseValid: number; readonly inverseLabelled: number } {
  if (fault === 'mask_ignored') return { inverseValid: 1 / total, inverseLabelled: 1 / total };
  return { inverseValid: valid === 0 ? 0 : 1 / valid, inverseLabelled: labelled === 0 ? 0 : 1 / labelled };
}

/**
 * What multiplies the weights of the teacher's terms in a faulty arm: without T² the gradient has only the plain
 * divergence, and a mean that is divided twice has 1/N more.
 */
export function weightFault(
  fault: ArmFault | undefined,
  { scaleByT2, temperature }: Pick<ObjectiveSpec, 'scaleByT2' | 'temperature'>,
  valid: number,
): number {
  if (fault === 't2_missing') return scaleByT2 ? 1 / temperature ** 2 : 1;
  if (fault === 'divided_twice') return 1 / Math.max(1, valid);
  return 1;
}

/**
 * Answers of a teacher whose vocabulary lacks classes: log-probabilities of the others, as a smaller model would have
 * them, and −∞ there, which is no answer. Rows of padding say nothing: 0.
 */
export function impaired(
  answers: TransferAnswers,
  { valid }: Pick<Split, 'valid'>,
  classes: number,
  lacks: readonly number[],
): TransferAnswers {
  if (lacks.length === 0 && !valid.includes(0)) return answers;
  const dense = (given: AnswerRows) => {
    const logits = denseOf(given).slice();
    for (let row = 0; row * classes < logits.length; row++) {
      const own = logits.subarray(row * classes, (row + 1) * classes);
      if (valid[row] === 0) own.fill(0);
      else if (lacks.length > 0) without(own, lacks);
    }
    return logits;
  };
  const { logits, members } = answers;
  const kept = logits !== null && isTop(logits) && lacks.length === 0 ? withoutPadding(logits, valid) : null;
  return {
    ...answers,
    logits: kept ?? (logits === null ? null : dense(logits)),
    ...(members ? { members: members.map((own) => (own === null ? null : dense(own))) } : {}),
  };
}

function withoutPadding(top: TopRows, valid: Uint8Array): TopRows {
  const values = top.values.slice();
  const width = top.k + 1;
  for (let row = 0; row * width < values.length; row++)
    if (valid[row] === 0) values.fill(0, row * width, (row + 1) * width);
  return { ...top, values };
}

function without(own: Float32Array, lacks: readonly number[]): void {
  for (const label of lacks) own[label] = Number.NEGATIVE_INFINITY;
  const largest = Math.max(...own);
  const sum = own.reduce((total, value) => total + Math.exp(value - largest), 0);
  own.forEach((value, label) => {
    own[label] = value - largest - Math.log(sum);
  });
}

/** The mistake: a class that the teacher lacks has the logit 0. */
export function zeroLogits(logits: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  return logits.map((value) => (value === Number.NEGATIVE_INFINITY ? 0 : value));
}
