/** A dial over k: what a pack would weigh that kept only the k largest answers of each row, and what that would change. */
import { useId, useState } from 'react';
import type { TopCost } from '../protocol/events.ts';
import { bytes, figures, percent, t } from './text.ts';

export function TopDial({ costs, classes }: { costs: readonly TopCost[]; classes: number }) {
  const id = useId();
  const [at, setAt] = useState(Math.min(3, costs.length - 1));
  const cost = costs[at];
  if (cost === undefined || costs.length < 2) return null;
  return (
    <div className="field">
      <label htmlFor={id}>{t('top.label')}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={costs.length - 1}
        step={1}
        value={at}
        aria-valuetext={t('top.spoken', { k: cost.k })}
        aria-describedby={`${id}-costs`}
        onChange={(event) => setAt(Number(event.currentTarget.value))}
      />
      <dl className="facts" id={`${id}-costs`}>
        <Fact name={t('top.bytes', { k: cost.k })}>
          {t('top.against', { kept: bytes(cost.bytes), dense: bytes(2 * classes) })}
        </Fact>
        <Fact name={t('top.mass')}>{percent(cost.mass)}</Fact>
        <Fact name={t('top.tail')}>{t('top.nats', { nats: figures(cost.tail) })}</Fact>
        <Fact name={t('top.renormalised')}>{t('top.nats', { nats: figures(cost.renormalised) })}</Fact>
      </dl>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
