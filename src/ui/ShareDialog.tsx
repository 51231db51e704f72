/** What leaves the page: a link with or without the result, its QR code, and the files of a live run. */

import { useState } from 'react';
import { type Export, exportsOf } from '../protocol/commands.ts';
import { announce, currentRun } from '../store/state.ts';
import { linkOf } from '../store/visit.ts';
import { useApp, useAppStore, useController, useRun } from './appContext.tsx';
import { Dialog } from './Dialog.tsx';
import { d, maybeDialog } from './dialogWords.ts';
import { QrCode } from './QrCode.tsx';
import { saveFile } from './saveFile.ts';
import { count, maybe } from './text.ts';

export function ShareDialog() {
  return (
    <Dialog title={d('share.title')}>
      <LinkPart />
      <FilePart />
    </Dialog>
  );
}

function LinkPart() {
  const store = useAppStore();
  const state = useApp((whole) => whole);
  const [withResult, setWithResult] = useState(true);
  const [copied, setCopied] = useState(false);
  const link = linkOf(state, withResult);
  const copy = async () => {
    await navigator.clipboard.writeText(link);
    setCopied(true);
    announce(store, 'copied', currentRun(state)?.step ?? 0);
  };
  return (
    <section>
      <h3>{d('share.link')}</h3>
      <label className="check">
        <input
          type="checkbox"
          checked={withResult}
          onChange={(event) => setWithResult(event.target.checked)}
        />
        {d('share.withResult')}
      </label>
      <div className="row">
        <input
          type="text"
          readOnly
          aria-label={d('share.link')}
          value={link}
          onFocus={(event) => event.target.select()}
        />
        <button type="button" className="primary" onClick={() => void copy()}>
          {d(copied ? 'share.copied' : 'share.copy')}
        </button>
      </div>
      <p className="hint">{d('share.length', { n: link.length })}</p>
      <QrCode link={linkOf(state, false)} />
    </section>
  );
}

function FilePart() {
  const controller = useController();
  const run = useRun();
  const draft = useApp((state) => state.draft);
  const arms = run?.facts?.arms ?? [];
  const [arm, setArm] = useState(
    Math.max(
      0,
      arms.findIndex(({ spec }) => spec.kind === 'distilled'),
    ),
  );
  if (!controller.canAsk) return <p className="hint">{d('share.filesLater')}</p>;
  const save = async (what: Export) => {
    const file = await controller.exportRun(what, arm);
    if (file === null) return;
    saveFile(file.name, file.mime, file.bytes);
  };
  return (
    <section>
      <h3>{d('share.files')}</h3>
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
        {exportsOf(run?.spec ?? draft).map((what) => (
          <button key={what} type="button" onClick={() => void save(what)}>
            {maybeDialog(`share.file.${what}`)}
          </button>
        ))}
      </div>
      <p className="hint">{d('share.weights', { n: count(run?.facts?.student.parameters ?? 0) })}</p>
    </section>
  );
}
