/**
 * Before anything is downloaded: whether this browser can train at all, and how to get one that can, per browser and
 * system. Always with the way out: the recorded run plays everywhere.
 */

import { useApp, useController, useRun } from './appContext.tsx';
import { late } from './late.tsx';
import { WatchRecording } from './NotRun.tsx';
import { t } from './text.ts';

/** The sentence before it stands alone where it does not come. */
const BrowserAdvice = late(() => import('./BrowserAdvice.tsx').then((module) => module.BrowserAdvice), {
  lost: () => null,
});

export function Gate() {
  const gate = useApp((state) => state.gate);
  const task = useApp((state) => state.draft.data.task);
  const run = useRun();
  const controller = useController();
  const supported = 'gpu' in navigator;
  const missing = gate?.missing ?? null;
  if (supported && missing === null) {
    return gate?.adapter.software === true ? <p className="hint gate-note">{t('gate.software')}</p> : null;
  }
  const live = run?.origin === 'live';
  return (
    <section className="card gate" aria-labelledby="gate-title">
      <h2 id="gate-title">{t(live ? 'gate.titleLive' : 'gate.title')}</h2>
      <p className="small">
        {missing === null ? t('gate.noWebgpu') : `${missing.problem}.`} <BrowserAdvice />
      </p>
      <p className="small">{t(task === 'planes' ? 'gate.planes' : live ? 'gate.slow' : 'gate.recorded')}</p>
      {run?.origin === 'recording' && run.state !== 'playing' ? (
        <button type="button" onClick={() => void controller.play()}>
          {t('gate.watch')}
        </button>
      ) : live ? (
        <WatchRecording />
      ) : null}
    </section>
  );
}
