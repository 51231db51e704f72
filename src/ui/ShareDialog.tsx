/** What leaves the page: a link with or without the result, its QR code, and files. */

import { useState } from 'react';
import { announce, currentRun } from '../store/state.ts';
import { linkOf, resultOf } from '../store/visit.ts';
import { useApp, useAppStore } from './appContext.tsx';
import { Dialog } from './Dialog.tsx';
import { d } from './dialogWords.ts';
import { QrCode } from './QrCode.tsx';
import { ShareFiles } from './ShareFiles.tsx';

export function ShareDialog() {
  return (
    <Dialog title={d('share.title')}>
      <LinkPart />
      <ShareFiles />
    </Dialog>
  );
}

function LinkPart() {
  const store = useAppStore();
  const state = useApp((whole) => whole);
  const [withResult, setWithResult] = useState(true);
  const [copied, setCopied] = useState(false);
  const link = linkOf(state, withResult);
  const none = resultOf(state) === null;
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
          checked={withResult && !none}
          disabled={none}
          onChange={(event) => setWithResult(event.target.checked)}
        />
        {d('share.withResult')}
      </label>
      {none ? <p className="hint">{d('share.noResult')}</p> : null}
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
