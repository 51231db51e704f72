/** Which of an evaluation's measures belong on a curve: those over the same test rows as at every other step of the run. */
import type { Evaluation } from '../protocol/events.ts';

/** The figures of a run are those of its last evaluation itself, which is over all test rows. */
export function onCurve(evaluation: Evaluation): Evaluation {
  return evaluation.watched ?? evaluation;
}
