/** Names and numbers of a sweep in words: its setting, a value of it, a score with its interval. */

import type { RunSpec } from '../../spec/runSpec.ts';
import type { Headline } from '../../store/headline.ts';
import type { SweepChoice } from '../../store/sweepChoices.ts';
import type { SweepPoint } from '../../store/sweepView.ts';
import { headlineText } from '../chartWords.ts';
import { settingLabel } from '../Field.tsx';
import { armName } from '../palette.ts';
import { figures, fixed, maybe, points, t } from '../text.ts';
import { l } from './words.ts';

/** "Temperature T"; "beta, distilled"; "beta of term 2". */
export function choiceLabel({ path, parameter }: SweepChoice, { arms }: RunSpec): string {
  if (parameter === null) return settingLabel(path);
  const { name, term, arm } = parameter;
  const own = path.includes('.values.') ? name : (maybe(`label.objective.terms.0.${name}`) ?? name);
  const placed = term === null ? own : l('sweep.ofTerm', { name: own, n: term });
  return arm === null ? placed : l('sweep.ofArm', { name: placed, arm: armName(arms, arm) });
}

/** The same of a path that may be offered no more. */
export function pathLabel(path: string, choices: readonly SweepChoice[], spec: RunSpec): string {
  const choice = choices.find((one) => one.path === path);
  return choice === undefined ? settingLabel(path) : choiceLabel(choice, spec);
}

/** As it is typed: all its digits. */
export function valueText(value: number): string {
  return String(value).replace('-', '−');
}

/** "93.2 % (92.1 to 94.3)". */
export function scoreText(headline: Headline, { mean, interval }: SweepPoint): string {
  const score = headlineText(headline, mean);
  if (interval === null) return score;
  const bound = (value: number) => (headline.kind === 'loss' ? figures(value) : fixed(value * 100, 1));
  return l('sweep.score', { score, low: bound(interval.low), high: bound(interval.high) });
}

/** "+1.1 points", or in nats. */
export function gapText(headline: Headline, gap: number): string {
  if (headline.kind !== 'loss') return l('sweep.points', { gap: points(gap) });
  const sign = gap < 0 ? '−' : '+';
  return t('runs.nats', { nats: `${sign}${figures(Math.abs(gap))}` });
}
