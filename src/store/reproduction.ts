/** Whether a finished run repeats the curve that a link brought: the same specification, evaluation by evaluation. */
import { onCurve } from '../sharing/onCurve.ts';
import { isDeepEqual } from '../spec/equal.ts';
import { fromLinkShare, headlineOf, headlineValue, linkShare } from './headline.ts';
import { type Run, wholeSpec } from './run.ts';

/** Links keep thousandths. */
const kept = 1000;

export interface Reproduction {
  readonly name: string;
  /** Largest difference of the headline in any arm; 0 where every figure of the link is met. */
  readonly apart: number;
  /** Of a loss it is in nats. */
  readonly unit: 'points' | 'nats';
}

/** Null where no link of these settings is on the page. */
export function reproductionOf(run: Run, runs: readonly Run[]): Reproduction | null {
  const ghost = runs.find((one) => one.origin === 'link' && isSame(one, run));
  if (ghost === undefined) return null;
  const headline = headlineOf(run.spec);
  const mine = new Map(run.log.evaluations.map(({ step, arms }) => [step, arms]));
  let largest = 0;
  for (const { step, arms } of ghost.log.evaluations) {
    const own = mine.get(step);
    if (own === undefined) return null;
    for (const [arm, theirs] of arms.entries()) {
      const one = own[arm];
      const value = headlineValue(theirs, headline);
      // A link has room for three arms.
      if (one === undefined || Number.isNaN(value)) continue;
      const figure = (of: number) => Math.round(linkShare(headline, of) * kept);
      const difference = figure(headlineValue(onCurve(one), headline)) - figure(value);
      largest = Math.max(largest, Math.abs(difference));
    }
  }
  const unit = headline.kind === 'loss' ? 'nats' : 'points';
  const apart = fromLinkShare(headline, largest / kept) * (unit === 'points' ? 100 : 1);
  return { name: ghost.name, apart, unit };
}

function isSame(a: Run, b: Run): boolean {
  return isDeepEqual({ ...wholeSpec(a), name: '' }, { ...wholeSpec(b), name: '' });
}
