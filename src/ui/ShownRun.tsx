/** What is shown, in words: a recording or a live run, what it does, and the step that it stands at. */
import { repeats } from '../store/repetition.ts';
import type { Run } from '../store/run.ts';
import { useApp } from './appContext.tsx';
import { count, t } from './text.ts';

export function ShownRun({ run }: { run: Run }) {
  const busy = useApp((state) => state.activity !== 'idle');
  const again = useApp(repeats);
  return (
    <div className="bar-step">
      <span className="bar-state">{shownAs(run, busy, again)}</span>
      <span>{t('bar.stepCount', { step: run.step, steps: count(run.spec.training.steps) })}</span>
    </div>
  );
}

/** With `again` other seeds of it are running, though it has itself finished. */
export function shownAs({ origin, facts, state }: Run, busy: boolean, again: boolean): string {
  if (origin === 'link') return t('shown.link');
  const going = origin === 'live' ? 'training' : 'playing';
  const run = t(`shown.${origin}`);
  if (facts === null && !busy) return run;
  const now = facts === null ? 'preparing' : again || state === 'playing' ? going : state;
  return t('shown.now', { run, now: t(`shown.${now}`) });
}
