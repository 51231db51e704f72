/**
 * One-line warnings that keep the page from teaching something wrong. Pure: from settings and results to the ids of
 * sentences in the locale, with their values.
 */
import type { Evaluation, RunFacts } from '../protocol/events.ts';
import { onCurve } from '../sharing/onCurve.ts';
import { normalInterval, seedInterval } from '../sharing/statistics.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { softnessAt } from './distributions.ts';
import { direction, headlineOf, headlineValue } from './headline.ts';
import type { RunLog } from './runLog.ts';

export interface Guard {
  readonly id:
    | 'narrow'
    | 'notConverged'
    | 'stillFalling'
    | 'copies'
    | 'memorises'
    | 'beatsTeacher'
    | 'tooSharp'
    | 'tooSoft'
    | 'clipping'
    | 'oneLoss'
    | 'smoothing';
  readonly values: Readonly<Record<string, number>>;
}

/** Widths up to this learn an unseen digit late or never (docs). */
const narrowWidth = 64;

/** About settings alone. `facts` gives the softness; without it that is not judged. */
export function settingGuards(spec: RunSpec, facts: RunFacts | null): readonly Guard[] {
  const found: Guard[] = [];
  const { student, objective, optimiser, data } = spec;
  if (data.leaveOut.length > 0 && student.kind === 'mlp' && Math.min(...student.hidden) <= narrowWidth) {
    found.push({ id: 'narrow', values: { width: Math.min(...student.hidden) } });
  }
  const softness = facts === null ? null : softnessAt(facts, objective.temperature);
  const classes = facts?.classNames.length ?? 0;
  if (softness !== null && classes > 2 && softness < 1.3) found.push({ id: 'tooSharp', values: {} });
  if (softness !== null && classes > 2 && softness > 0.9 * classes) found.push({ id: 'tooSoft', values: {} });
  if (objective.mix === 1 && objective.terms.length === 1 && optimiser.kind === 'adamw') {
    found.push({ id: 'oneLoss', values: {} });
  }
  if (spec.arms.some((arm) => arm.kind === 'smoothed')) found.push({ id: 'smoothing', values: {} });
  return found;
}

/** About what came out. */
export function resultGuards(spec: RunSpec, facts: RunFacts, log: RunLog): readonly Guard[] {
  const found: Guard[] = [];
  const headline = headlineOf(spec);
  const distilled = spec.arms.findIndex((arm) => arm.kind === 'distilled');
  const labels = spec.arms.findIndex((arm) => arm.kind === 'labels');
  const [last, before] = [log.evaluations.at(-1), log.evaluations.at(-5)];
  const finished = last !== undefined && last.step >= spec.training.steps;
  const now = last?.arms[distilled];
  const then = before?.arms[distilled];
  if (finished && now !== undefined && then !== undefined) {
    const [from, to] = [headlineValue(then, headline), headlineValue(onCurve(now), headline)];
    const rise = direction(headline) * (to - from);
    // Points to a tenth; nats in thousandths.
    const figure = Math.round(rise * 1000) / (headline.kind === 'loss' ? 1 : 10);
    const id = headline.kind === 'loss' ? 'stillFalling' : 'notConverged';
    if (rise > 0.01) found.push({ id, values: { points: figure } });
  }
  if (finished && now !== undefined && passes(facts, log, distilled, now)) {
    found.push({ id: 'beatsTeacher', values: {} });
  } else if (
    headline.kind !== 'loss' &&
    finished &&
    now !== undefined &&
    now.teacherErrs > 0 &&
    now.agreementWhereTeacherErrs > 0.3
  ) {
    const share = Math.round(now.agreementWhereTeacherErrs * 100);
    found.push({ id: 'copies', values: { share, n: now.teacherErrs } });
  }
  const own = log.evaluations.map(({ arms }) => {
    const evaluation = arms[labels];
    return evaluation === undefined ? 0 : onCurve(evaluation).accuracy;
  });
  const peak = Math.max(0, ...own);
  if (finished && spec.data.labelNoise > 0 && peak - (own.at(-1) ?? 0) > 0.02) {
    found.push({ id: 'memorises', values: { points: Math.round((peak - (own.at(-1) ?? 0)) * 1000) / 10 } });
  }
  const clipped = log.rows.last(distilled, 'clippedTotal');
  if (spec.optimiser.clipNorm > 0 && last !== undefined && last.step > 0 && Number.isFinite(clipped)) {
    found.push({ id: 'clipping', values: { share: Math.round((100 * clipped) / last.step) } });
  }
  return found;
}

/** Only where that is clear of chance: over its seeds where it was repeated, else over the rows of the one run. */
function passes(facts: RunFacts, log: RunLog, arm: number, now: Evaluation): boolean {
  // Of a model of language, how often it is right is not what it is judged by.
  if (now.language !== undefined) return false;
  const { accuracy } = facts.teacher;
  const finals = log.replicates.filter((one) => one.finished).map((one) => one.arms[arm]?.accuracy);
  const known = finals.filter((one) => one !== undefined);
  const variance = now.accuracy * (1 - now.accuracy) + accuracy * (1 - accuracy);
  const interval =
    known.length >= 2
      ? seedInterval(known.map((own) => own - accuracy))
      : normalInterval(now.accuracy - accuracy, Math.sqrt(variance / Math.max(1, now.n)));
  return interval !== null && interval.low > 0;
}
