/** "Sweep a setting": folded until somebody opens it. What was swept of a run stays with that run. */
import { useState } from 'react';
import type { Run } from '../../store/run.ts';
import { useScene } from '../appContext.tsx';
import { SweepForm } from './SweepForm.tsx';
import { SweepResult } from './SweepResult.tsx';
import { l } from './words.ts';

export function SweepCard({ run }: { run: Run }) {
  const [open, setOpen] = useState(false);
  const sweep = useScene(run)?.sweep ?? null;
  return (
    <section className="card sweep" aria-labelledby="sweep-title">
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2 id="sweep-title">{l('sweep.title')}</h2>
        </summary>
        {open ? (
          <div className="sweep-parts">
            <SweepForm run={run} />
            {sweep === null ? (
              <p className="hint sweep-about">{l('sweep.about')}</p>
            ) : (
              <SweepResult run={run} sweep={sweep} />
            )}
          </div>
        ) : null}
      </details>
    </section>
  );
}
