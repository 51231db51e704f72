/**
 * In place of a picture: settings of which there is no run, what they change of their preset, and what can be done about it.
 * While the preset's recorded run is on its way it says only that.
 */
import type { ReactNode } from 'react';
import { useApp, useController } from './appContext.tsx';
import { t } from './text.ts';
import { useFromPreset, useRecorded } from './useChanges.ts';
import { changeText, mostListed } from './What.tsx';

export function NotRun({ children }: { children: ReactNode }) {
  const awaited = useApp((state) => state.awaited);
  const from = useFromPreset();
  const recorded = useRecorded() !== null;
  const asPreset = from !== null && from.changes.length === 0;
  if (awaited) return <p className="card empty quiet">{t('app.awaited')}</p>;
  return (
    <section className="card empty not-run" aria-labelledby="not-run-title">
      <h2 id="not-run-title">
        {t(!asPreset ? 'app.empty' : recorded ? 'app.unstarted' : 'app.recordingLost')}
      </h2>
      {from === null || asPreset ? null : (
        <div className="not-run-changes">
          <p className="small quiet">{t('apply.fromPreset', { preset: from.preset.title })}</p>
          <ul>
            {from.changes.slice(0, mostListed).map((change) => (
              <li key={change.path}>{changeText(change)}</li>
            ))}
            {from.changes.length > mostListed ? (
              <li>{t('apply.others', { n: from.changes.length - mostListed })}</li>
            ) : null}
          </ul>
        </div>
      )}
      <p className="quiet">{children}</p>
      {recorded || !asPreset ? <WatchRecording /> : <LoadAgain />}
    </section>
  );
}

function LoadAgain() {
  const controller = useController();
  return (
    <button type="button" className="watch" onClick={() => void controller.showRecording()}>
      {t('app.recordingAgain')}
    </button>
  );
}

/** The way to the preset's recorded run from settings that differ from it: they wait beside it, as changes. */
export function WatchRecording() {
  const controller = useController();
  const draft = useApp((state) => state.draft);
  const recorded = useRecorded();
  if (recorded === null) return null;
  return (
    <button type="button" className="watch" onClick={() => controller.show(recorded.id, draft)}>
      {t('app.watch', { preset: recorded.name })}
    </button>
  );
}
