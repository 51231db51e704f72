/**
 * The pointwise losses: every term that the row kernel computes, by its id. A new one is a fragment in
 * shaders/distill/terms, its twin in terms/ and its line here.
 */
import { ce } from './terms/ce.ts';
import { correctedTeacher } from './terms/correctedTeacher.ts';
import { decoupled } from './terms/decoupled.ts';
import { distInter } from './terms/distInter.ts';
import { forwardKl } from './terms/forwardKl.ts';
import { hardCe } from './terms/hardCe.ts';
import { jeffreys } from './terms/jeffreys.ts';
import { jsd } from './terms/jsd.ts';
import { jsdNormalised } from './terms/jsdNormalised.ts';
import { labelSmoothing } from './terms/labelSmoothing.ts';
import { logitCosine } from './terms/logitCosine.ts';
import { logitMse } from './terms/logitMse.ts';
import { probabilityMse } from './terms/probabilityMse.ts';
import { reverseKl } from './terms/reverseKl.ts';
import { skewKl } from './terms/skewKl.ts';
import { skewReverseKl } from './terms/skewReverseKl.ts';
import { softCe } from './terms/softCe.ts';
import { standardisedKl } from './terms/standardisedKl.ts';
import type { Term } from './terms/term.ts';
import { totalVariation } from './terms/totalVariation.ts';

const termsById = {
  ce,
  label_smoothing: labelSmoothing,
  hard_ce: hardCe,
  forward_kl: forwardKl,
  soft_ce: softCe,
  reverse_kl: reverseKl,
  jsd,
  jsd_normalised: jsdNormalised,
  jeffreys,
  skew_kl: skewKl,
  skew_reverse_kl: skewReverseKl,
  total_variation: totalVariation,
  logit_mse: logitMse,
  probability_mse: probabilityMse,
  logit_cosine: logitCosine,
  decoupled,
  standardised_kl: standardisedKl,
  dist_inter: distInter,
  corrected_teacher: correctedTeacher,
} as const satisfies Record<string, Term>;

export type TermId = keyof typeof termsById;
export const termIds = Object.keys(termsById) as readonly TermId[];

/** What stands in a slot: a term by its id, one that was made (a formula), or null where another kernel fills it. */
export type RowTerm = TermId | Term | null;

export function termOf(term: RowTerm): Term | null {
  return typeof term === 'string' ? termsById[term] : term;
}
