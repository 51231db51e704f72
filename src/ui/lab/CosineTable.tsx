/** How far the gradients of the chosen losses agree: 1 is the same way, 0 at right angles, −1 against each other. */
import type { ProbedLoss } from '../../losses/probe.ts';
import { fixed } from '../text.ts';
import { entryOf } from './families.ts';
import { LossMark } from './LossMark.tsx';
import { lossLook } from './looks.ts';
import { l } from './words.ts';

interface Props {
  readonly picks: readonly ProbedLoss[];
  readonly cosines: readonly (readonly number[])[];
}

export function CosineTable({ picks, cosines }: Props) {
  if (picks.length < 2) return null;
  const title = (at: number) => entryOf(picks[at]?.id ?? '')?.title ?? l('formula.own');
  return (
    <table className="cosines">
      <caption>{l('lens.cosines')}</caption>
      <thead>
        <tr>
          <td />
          {picks.map((_, at) => (
            <th key={lossLook(at).letter} scope="col" aria-label={`${lossLook(at).letter}: ${title(at)}`}>
              <LossMark place={at} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {cosines.map((line, at) => (
          <tr key={lossLook(at).letter}>
            <th scope="row" aria-label={`${lossLook(at).letter}: ${title(at)}`}>
              <LossMark place={at} />
            </th>
            {line.map((value, other) => (
              <td
                key={lossLook(other).letter}
                className={at === other ? 'is-self' : undefined}
                style={{ '--agree': shade(value), '--against': shade(-value) } as React.CSSProperties}
              >
                {at === other ? '1' : fixed(value, 2)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** 0 to 45 %: the tint behind a number that stays readable on it. */
function shade(value: number): string {
  return `${Math.round(45 * Math.max(0, Number.isFinite(value) ? value : 0))}%`;
}
