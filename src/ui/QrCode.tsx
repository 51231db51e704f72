/** The link as a QR code, where it is short enough to be read across a lecture hall. */

import { useEffect, useState } from 'react';
import { d } from './dialogWords.ts';

/** Longest link that still makes a code of large squares. */
const longest = 150;
/** Light squares around the code, as its standard wants. */
const margin = 4;

export function QrCode({ link }: { link: string }) {
  const [path, setPath] = useState<{ readonly d: string; readonly side: number } | null>(null);
  useEffect(() => {
    let wanted = true;
    if (link.length > longest) setPath(null);
    else {
      void import('qrcode-generator').then(({ default: qrcode }) => {
        const code = qrcode(0, 'M');
        code.addData(link);
        code.make();
        const side = code.getModuleCount();
        let d = '';
        for (let row = 0; row < side; row++) {
          for (let column = 0; column < side; column++) {
            if (code.isDark(row, column)) d += `M${column + margin} ${row + margin}h1v1h-1z`;
          }
        }
        if (wanted) setPath({ d, side: side + 2 * margin });
      });
    }
    return () => {
      wanted = false;
    };
  }, [link]);
  if (link.length > longest)
    return <p className="hint">{d('share.noQr', { n: link.length, most: longest })}</p>;
  if (path === null) return null;
  return (
    <figure className="qr">
      <svg viewBox={`0 0 ${path.side} ${path.side}`} role="img" aria-label={d('share.qr')}>
        <rect width={path.side} height={path.side} fill="#fff" />
        <path d={path.d} fill="#000" />
      </svg>
      <figcaption className="hint">{d('share.qrHint')}</figcaption>
    </figure>
  );
}
