/**
 * The catalogue of losses: what each is, where it comes from, what it needs, and how other toolkits name and scale it.
 * For the page and for exports; the computation is in kernels/ and shaders/distill. Notation: z student logits,
 * u teacher logits, q = softmax(z/T), p = softmax(u/T), V classes, y the label. One file a family.
 */
import { divergenceLosses } from './catalogueDivergences.ts';
import { answerLosses, labelLosses } from './catalogueLabels.ts';
import { mixtureLosses } from './catalogueMixtures.ts';
import { logitLosses, partLosses } from './catalogueParts.ts';
import { rankedLosses, sparseLosses } from './catalogueRanked.ts';
import type { TermEntry } from './entry.ts';

export { hiddenLosses } from './catalogueHidden.ts';
export { labelLosses } from './catalogueLabels.ts';
export type { LossParameter } from './entry.ts';

/** Losses against the teacher, in every order that a term of an objective may name beside the labels' own. */
export const termLosses: readonly TermEntry[] = [
  ...divergenceLosses,
  ...mixtureLosses,
  ...answerLosses,
  ...logitLosses,
  ...partLosses,
  ...rankedLosses,
  ...sparseLosses,
];

const terms: ReadonlyMap<string, TermEntry> = new Map(
  [...labelLosses, ...termLosses].map((entry) => [entry.id, entry]),
);

/** The term with this id, which may come from outside; undefined where there is none. */
export function findTerm(id: string): TermEntry | undefined {
  return terms.get(id);
}
