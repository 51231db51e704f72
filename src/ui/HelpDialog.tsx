/** Keys, what the page is, and where to read more. */

import { useApp, useAppStore } from './appContext.tsx';
import { Dialog } from './Dialog.tsx';
import { d, maybeDialog } from './dialogWords.ts';

const keys = ['space', 'step', 'rewind', 'ghost', 'share', 'present', 'help'] as const;

/** What is said on the page and not explained where it stands, for whoever meets it for the first time. */
const words = [
  'teacher',
  'arm',
  'label',
  'hard',
  'logit',
  'temperature',
  'softness',
  'loss',
  'divergence',
  'nat',
  'heldOut',
  'recall',
  'offset',
  'calibration',
  'seed',
  'interval',
  'ghost',
  'adapter',
] as const;

export function HelpDialog() {
  const store = useAppStore();
  const shortcuts = useApp((state) => state.shortcuts);
  const presenting = useApp((state) => state.presenting);
  return (
    <Dialog title={d('help.title')}>
      <p>{d('help.about')}</p>
      <dl className="facts keys">
        {keys.map((key) => (
          <div key={key}>
            <dt>
              <kbd>{maybeDialog(`help.key.${key}`)}</kbd>
            </dt>
            <dd>{maybeDialog(`help.does.${key}`)}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input
          type="checkbox"
          checked={shortcuts}
          onChange={(event) => store.setState({ shortcuts: event.target.checked })}
        />
        {d('help.shortcuts')}
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={presenting}
          onChange={(event) => store.setState({ presenting: event.target.checked })}
        />
        {d('help.does.present')}
      </label>
      <details className="more">
        <summary>{d('help.words')}</summary>
        <dl className="glossary">
          {words.map((word) => (
            <div key={word}>
              <dt>{maybeDialog(`help.word.${word}`)}</dt>
              <dd>{maybeDialog(`help.says.${word}`)}</dd>
            </div>
          ))}
        </dl>
      </details>
      <p className="hint">{d('help.console')}</p>
    </Dialog>
  );
}
