/** What leaves the page: a link with or without the result, its QR code, a lesson, a frame for other pages, and files. */
import { useState } from 'react';
import { linkOf } from '../store/visit.ts';
import { useApp } from './appContext.tsx';
import { CopyText } from './CopyText.tsx';
import { Dialog } from './Dialog.tsx';
import { d } from './dialogWords.ts';
import { QrCode } from './QrCode.tsx';
import { ShareEmbed } from './ShareEmbed.tsx';
import { ShareFiles } from './ShareFiles.tsx';
import { ShareLesson } from './ShareLesson.tsx';
import { WithResult } from './WithResult.tsx';

export function ShareDialog() {
  return (
    <Dialog title={d('share.title')}>
      <LinkPart />
      <ShareLesson />
      <ShareEmbed />
      <ShareFiles />
    </Dialog>
  );
}

function LinkPart() {
  const state = useApp((whole) => whole);
  const [withResult, setWithResult] = useState(true);
  const link = linkOf(state, withResult);
  return (
    <section>
      <h3>{d('share.link')}</h3>
      <WithResult checked={withResult} onChange={setWithResult} />
      <CopyText label={d('share.link')} text={link} />
      <p className="hint">{d('share.length', { n: link.length })}</p>
      <QrCode link={linkOf(state, false)} />
    </section>
  );
}
