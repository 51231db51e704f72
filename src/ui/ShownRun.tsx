/** What is shown, in words: a recording or a live run, what it does, and the step that it stands at. */
import { repeats } from '../store/repetition.ts';
import type { Run } from '../store/run.ts';
import { useApp } from './appContext.tsx';
import { count, t } from './text.ts';

export function ShownRun({ run }: { run: Run }) {
  const busy = useApp((state) => state.activity !== 'idle');
  const again = useApp(repeats);
  const repeat = useApp((state) => state.repeat);
  if (repeat !== null) {
    const { index, count: seeds, step, total } = repeat;
    const now = t('shown.seed', { n: index + 1, count: seeds });
    return <Shown words={t('shown.now', { run: t('shown.live'), now })} step={step} steps={total} />;
  }
  return <Shown words={shownAs(run, busy, again)} step={run.step} steps={run.spec.training.steps} />;
}

function Shown({ words, step, steps }: { words: string; step: number; steps: number }) {
  return (
    <div className="bar-step">
      <span className="bar-state">{words}</span>
      <span>{t('bar.stepCount', { step, steps: count(steps) })}</span>
    </div>
  );
}

/** With `again` other seeds of it are running, though it has itself finished. */
export function shownAs({ origin, facts, state }: Run, busy: boolean, again: boolean): string {
  if (origin === 'link') return t('shown.link');
  const going = origin === 'live' ? 'training' : 'playing';
  const run = t(`shown.${origin}`);
  if (facts === null && !busy)
    return origin === 'live' ? t('shown.now', { run, now: t('shown.unstarted') }) : run;
  const now = facts === null ? 'preparing' : again || state === 'playing' ? going : state;
  return t('shown.now', { run, now: t(`shown.${now}`) });
}
