/** What a language model and its texts are, the one choice that they leave, and the button that begins. */

import { useState } from 'react';
import type { GivenFile } from '../protocol/commands.ts';
import type { FileInspection } from '../protocol/events.ts';
import type { HubModel } from '../protocol/hub.ts';
import { languageSpec } from '../store/ownLanguage.ts';
import { useApp, useController } from './appContext.tsx';
import { d } from './dialogWords.ts';
import { bytes, count, t } from './text.ts';

interface Props {
  readonly found: FileInspection;
  readonly files: readonly GivenFile[];
  readonly model: HubModel | null;
}

const usualLength = 32;

export function LanguageFound({ found, files, model }: Props) {
  const controller = useController();
  const draft = useApp((state) => state.draft);
  const [length, setLength] = useState<number | null>(null);
  const { teacher, text, missing } = found;
  const offered = text?.samples ?? [];
  const chosen = length ?? Math.min(usualLength, offered.at(-1)?.length ?? usualLength);
  const spec = languageSpec(draft, found, model, chosen);
  const language = teacher?.language;
  return (
    <div className="found">
      <dl className="facts">
        {teacher === null ? null : (
          <div>
            <dt>{d('bring.teacher')}</dt>
            <dd>{d('bring.teacherFacts', { n: count(teacher.parameters), size: bytes(teacher.bytes) })}</dd>
          </div>
        )}
        <div>
          <dt>{t('language.vocabulary')}</dt>
          <dd>{language?.vocabulary == null ? '–' : count(language.vocabulary)}</dd>
        </div>
        <div>
          <dt>{t('language.context')}</dt>
          <dd>{language?.context == null ? '–' : count(language.context)}</dd>
        </div>
        {text == null ? null : (
          <div>
            <dt>{t('language.texts')}</dt>
            <dd>
              {t('language.textFacts', {
                n: count(text.documents),
                samples: count(offered.find((one) => one.length === chosen)?.count ?? 0),
              })}
            </dd>
          </div>
        )}
      </dl>
      {missing.length === 0 ? null : (
        <p className="hint">
          {d('bring.missing')} {missing.join('; ')}
        </p>
      )}
      {offered.length === 0 ? null : (
        <label className="field" data-control="data.length">
          {t('language.length')}
          <select value={chosen} onChange={(event) => setLength(Number(event.target.value))}>
            {offered.map((one) => (
              <option key={one.length} value={one.length}>
                {one.length}
              </option>
            ))}
          </select>
        </label>
      )}
      {missing.length === 0 && spec === null ? <p className="hint">{t('language.short')}</p> : null}
      <button
        type="button"
        className="primary"
        disabled={spec === null || missing.length > 0}
        onClick={() => {
          if (spec !== null) void controller.runFiles(spec, files);
        }}
      >
        {d('bring.start')}
      </button>
    </div>
  );
}
