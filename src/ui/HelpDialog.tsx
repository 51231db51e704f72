/** Keys, what the page is, and where to read more. */

import { useApp, useAppStore } from './appContext.tsx';
import { Dialog } from './Dialog.tsx';
import { maybe, t } from './text.ts';

const keys = ['space', 'step', 'rewind', 'ghost', 'share', 'present', 'help'] as const;

export function HelpDialog() {
  const store = useAppStore();
  const shortcuts = useApp((state) => state.shortcuts);
  return (
    <Dialog title={t('help.title')}>
      <p>{t('help.about')}</p>
      <dl className="facts keys">
        {keys.map((key) => (
          <div key={key}>
            <dt>
              <kbd>{maybe(`help.key.${key}`)}</kbd>
            </dt>
            <dd>{maybe(`help.does.${key}`)}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input
          type="checkbox"
          checked={shortcuts}
          onChange={(event) => store.setState({ shortcuts: event.target.checked })}
        />
        {t('help.shortcuts')}
      </label>
      <p className="hint">{t('help.console')}</p>
    </Dialog>
  );
}
