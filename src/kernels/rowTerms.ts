/**
 * The pointwise losses: every term that the row kernel computes, by its id. A new one is a fragment in
 * shaders/distill/terms, its twin in terms/ and its line here.
 */
import { forwardKl } from './terms/forwardKl.ts';
import { hardCe } from './terms/hardCe.ts';
import { jsdNormalised } from './terms/jsdNormalised.ts';
import { logitMse } from './terms/logitMse.ts';
import { reverseKl } from './terms/reverseKl.ts';
import { softCe } from './terms/softCe.ts';
import type { Term } from './terms/term.ts';

const termsById = {
  hard_ce: hardCe,
  forward_kl: forwardKl,
  soft_ce: softCe,
  reverse_kl: reverseKl,
  jsd_normalised: jsdNormalised,
  logit_mse: logitMse,
} as const satisfies Record<string, Term>;

export type TermId = keyof typeof termsById;
export const termIds = Object.keys(termsById) as readonly TermId[];

/** What stands in a slot: a term by its id, one that was made (a formula), or null where another kernel fills it. */
export type RowTerm = TermId | Term | null;

export function termOf(term: RowTerm): Term | null {
  return typeof term === 'string' ? termsById[term] : term;
}
