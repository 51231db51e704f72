/** The frame that another page takes up: its code, to be copied there. */
import { presets } from '../spec/presets.ts';
import { currentRun } from '../store/state.ts';
import { linkOf, resultOf } from '../store/visit.ts';
import { useApp } from './appContext.tsx';
import { CopyText } from './CopyText.tsx';
import { d } from './dialogWords.ts';

export function ShareEmbed() {
  const state = useApp((whole) => whole);
  const hasResult = resultOf(state) !== null;
  // A preset as it is has its recording; other settings have the curves that the link brings.
  const link = linkOf(state, currentRun(state)?.origin !== 'recording', { embed: true });
  const title = `Stillroom: ${presets.get(state.presetId)?.title ?? ''}`;
  const code = `<iframe src="${escaped(link)}" title="${escaped(title)}" width="720" height="560" style="border: 0" loading="lazy"></iframe>`;
  return (
    <details className="more">
      <summary>{d('share.embed')}</summary>
      <section>
        <p className="hint">{d(hasResult ? 'share.embedAbout' : 'share.embedEmpty')}</p>
        <CopyText label={d('share.embedCode')} text={code} />
      </section>
    </details>
  );
}

/** For an attribute between double quotes. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
