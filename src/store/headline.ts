/**
 * The one number that a run is about: held-out loss of a model of language, recall of a class that was left out, else
 * held-out accuracy. Always at T = 1.
 * The offset of left-out classes is a way of reading an evaluation, so it is applied here and nowhere trained.
 */
import type { Evaluation, LeftOut, TeacherFacts } from '../protocol/events.ts';
import { isText, type RunSpec } from '../spec/runSpec.ts';
import { unseenClass } from '../spec/unseenClass.ts';

export type Headline =
  | { readonly kind: 'accuracy' }
  | { readonly kind: 'recall'; readonly label: number }
  /** Nats a token: less is better. */
  | { readonly kind: 'loss' };

/** Largest offset that an evaluation tabulates. */
export const largestOffset = 20;

export function headlineOf(spec: RunSpec): Headline {
  if (isText(spec.data)) return { kind: 'loss' };
  const label = unseenClass(spec);
  return label === null ? { kind: 'accuracy' } : { kind: 'recall', label };
}

/** Share from 0 to 1, or nats; NaN where the evaluation does not hold it. */
export function headlineValue(evaluation: Evaluation, headline: Headline, offset = 0): number {
  if (headline.kind === 'loss') return evaluation.language?.loss ?? Number.NaN;
  if (headline.kind === 'accuracy') return accuracyAt(evaluation, offset);
  return recallAt(evaluation, headline.label, offset);
}

/** The same of the averaged copy that teaches the student; null where there is none. */
export function averageValue(evaluation: Evaluation, headline: Headline): number | null {
  const { average } = evaluation;
  if (average === undefined) return null;
  if (headline.kind === 'loss') return average.loss;
  return headline.kind === 'accuracy' ? average.accuracy : (average.recall[headline.label] ?? null);
}

/** Above which of two a run has done better: 1 where more is better, −1 where less is. */
export function direction(headline: Headline): 1 | -1 {
  return headline.kind === 'loss' ? -1 : 1;
}

/** Nats that fit between 0 and 1 in a link. */
const mostNats = 10;

/** The number as a link carries it, from 0 to 1, and back. */
export function linkShare(headline: Headline, value: number): number {
  return headline.kind === 'loss' ? value / mostNats : value;
}

export function fromLinkShare(headline: Headline, share: number): number {
  return headline.kind === 'loss' ? share * mostNats : share;
}

/** An evaluation of which this number is all that is known, and where `validation` is given what validationOf tells. */
export function onlyHeadline(headline: Headline, value: number, validation = Number.NaN): Evaluation {
  const recall: number[] = [];
  if (headline.kind === 'recall') recall[headline.label] = value;
  const unknown = Number.NaN;
  const nothing = { perplexity: unknown, bitsPerCharacter: null, teacherLoss: unknown, floor: null };
  const language = { ...nothing, loss: value, validationLoss: -validation };
  return {
    ...{ n: 0, accuracy: headline.kind === 'accuracy' ? value : unknown, validationAccuracy: validation },
    ...{ agreement: unknown, ...(headline.kind === 'loss' ? { language } : {}) },
    ...{
      agreementWhereTeacherErrs: unknown,
      teacherErrs: 0,
      divergence: unknown,
      reverseDivergence: unknown,
    },
    ...{ calibrationError: unknown, calibrationFloor: unknown, calibrationGap: unknown, entropyGap: unknown },
    ...{ recall, classRows: [], confusion: [], leftOut: [], correct: new Uint8Array() },
  };
}

/** What chooses an arm's best step: more is better. */
export function validationOf(evaluation: Evaluation, headline: Headline): number {
  if (headline.kind !== 'loss') return evaluation.validationAccuracy;
  return -(evaluation.language?.validationLoss ?? Number.POSITIVE_INFINITY);
}

/** Rows behind the number: those of the class, or all. */
export function headlineRows(evaluation: Evaluation, headline: Headline): number {
  return headline.kind !== 'recall' ? evaluation.n : (evaluation.classRows[headline.label] ?? 0);
}

/** Null where it is not known, or there is no teacher. */
export function teacherHeadline(teacher: TeacherFacts, headline: Headline): number | null {
  if (teacher.delivery === 'averaged') return null;
  switch (headline.kind) {
    case 'accuracy':
      return teacher.accuracy;
    case 'recall':
      return teacher.recall?.[headline.label] ?? null;
    case 'loss':
      return teacher.parameters === 0 ? null : (teacher.language?.loss ?? null);
  }
}

export function recallAt(evaluation: Evaluation, label: number, offset: number): number {
  const known = evaluation.leftOut.find((one) => one.label === label);
  if (offset > 0 && known !== undefined) return interpolate(known.recallByOffset, offset);
  return evaluation.recall[label] ?? Number.NaN;
}

function accuracyAt(evaluation: Evaluation, offset: number): number {
  const known: LeftOut | undefined = evaluation.leftOut[0];
  if (offset > 0 && known !== undefined) return interpolate(known.accuracyByOffset, offset);
  return evaluation.accuracy;
}

/** Between the tabulated whole offsets a straight line. */
function interpolate(table: readonly number[], at: number): number {
  const below = Math.min(Math.floor(at), table.length - 1);
  const low = table[below] ?? Number.NaN;
  const high = table[below + 1] ?? low;
  return low + (high - low) * (at - below);
}
