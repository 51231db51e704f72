/** The files that a run leaves as, one by one or all in an archive. */
import { useState } from 'react';
import { type Export, exportsOf } from '../protocol/commands.ts';
import { repeats } from '../store/repetition.ts';
import type { Run } from '../store/run.ts';
import { useApp, useAppStore, useController, useRun } from './appContext.tsx';
import { d, maybeDialog } from './dialogWords.ts';
import { saveBundle } from './saveBundle.ts';
import { saveFile } from './saveFile.ts';
import { count, maybe } from './text.ts';

export function ShareFiles() {
  const controller = useController();
  const run = useRun();
  const live = controller.canAsk;
  if (run === null || !(live || run.origin === 'recording'))
    return <p className="hint">{d('share.filesLater')}</p>;
  return (
    <section>
      <h3>{d('share.files')}</h3>
      <Bundle hint={d(live ? 'share.bundleHint' : 'share.recordedHint')} />
      {live ? <Single run={run} /> : null}
    </section>
  );
}

function Bundle({ hint }: { hint: string }) {
  const store = useAppStore();
  const controller = useController();
  const [busy, setBusy] = useState(false);
  // The engine does one thing at a time, and what it is at may take long.
  const waits = useApp(repeats);
  const save = async () => {
    setBusy(true);
    await saveBundle(store, controller).finally(() => setBusy(false));
  };
  return (
    <>
      <button type="button" disabled={busy || waits} onClick={() => void save()}>
        {d(busy ? 'share.bundling' : 'share.bundle')}
      </button>
      <p className="hint">{waits ? d('share.bundleWaits') : hint}</p>
    </>
  );
}

function Single({ run }: { run: Run }) {
  const controller = useController();
  const arms = run.facts?.arms ?? [];
  const [arm, setArm] = useState(
    Math.max(
      0,
      arms.findIndex(({ spec }) => spec.kind === 'distilled'),
    ),
  );
  const save = async (what: Export) => {
    const file = await controller.exportRun(what, arm);
    if (file === null) return;
    saveFile(file.name, file.mime, file.bytes);
  };
  return (
    <>
      <label className="field">
        {d('share.arm')}
        <select value={arm} onChange={(event) => setArm(Number(event.target.value))}>
          {arms.map(({ spec }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an arm is its place in the specification
            <option key={i} value={i}>
              {spec.name ?? maybe(`arm.${spec.kind}`) ?? spec.kind}
            </option>
          ))}
        </select>
      </label>
      <div className="row wrap">
        {exportsOf(run.spec).map((what) => (
          <button key={what} type="button" onClick={() => void save(what)}>
            {maybeDialog(`share.file.${what}`)}
          </button>
        ))}
      </div>
      <p className="hint">{d('share.weights', { n: count(run.facts?.student.parameters ?? 0) })}</p>
    </>
  );
}
