/** The task's picture: decision boundaries for a plane; for pictures the confusion map and a digit drawn by hand. */

import type { Run } from '../store/run.ts';
import type { StageView } from '../store/state.ts';
import { Confusion } from './Confusion.tsx';
import { late } from './late.tsx';
import { t } from './text.ts';
import { useView } from './useView.ts';

const Boundaries = late(() => import('./Boundaries.tsx').then((module) => module.Boundaries), {
  coming: <div className="card stage" />,
});
const DrawPad = late(() => import('./DrawPad.tsx').then((module) => module.DrawPad));

const views: readonly StageView[] = ['confusion', 'draw'];

export function Stage({ run }: { run: Run }) {
  const { view, setView } = useView();
  if (run.facts === null) return null;
  if (run.facts.inputShape.length < 2) return <Boundaries run={run} />;
  const chosen = view.stage === 'draw' ? 'draw' : 'confusion';
  return (
    <section className="card stage" aria-labelledby="stage-title">
      <header className="stage-head">
        <h2 id="stage-title">{t(`stage.title.${chosen}`)}</h2>
        <fieldset className="segmented">
          <legend className="visually-hidden">{t('stage.choose')}</legend>
          {views.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="stage"
                className="visually-hidden"
                checked={one === chosen}
                onChange={() => setView({ stage: one })}
              />
              <span>{t(`stage.view.${one === 'draw' ? 'draw' : 'confusion'}`)}</span>
            </label>
          ))}
        </fieldset>
      </header>
      {chosen === 'draw' ? <DrawPad run={run} /> : <Confusion run={run} />}
    </section>
  );
}
