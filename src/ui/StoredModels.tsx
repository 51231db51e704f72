/** Models that this browser keeps: what, how large, and a way to delete each. Asked when it is opened, not before. */

import { useState } from 'react';
import type { StoredModel } from '../protocol/hub.ts';
import type { ErrorDetail } from '../spec/errors.ts';
import { askStored } from '../store/questions.ts';
import { useController } from './appContext.tsx';
import { d } from './dialogWords.ts';
import { ErrorFacts } from './ErrorFacts.tsx';
import { bytes } from './text.ts';

export function StoredModels() {
  const controller = useController();
  const [models, setModels] = useState<readonly StoredModel[] | ErrorDetail | null>(null);
  const ask = async (deleted?: string) =>
    setModels(await controller.inquire((live) => askStored(live, deleted)));
  return (
    <details
      className="stored"
      data-control="storage"
      onToggle={(event) => {
        if (event.currentTarget.open) void ask();
      }}
    >
      <summary>{d('stored.title')}</summary>
      {models === null ? null : 'code' in models ? (
        <div className="notice is-error" role="alert">
          <ErrorFacts detail={models} />
        </div>
      ) : models.length === 0 ? (
        <p className="hint">{d('stored.none')}</p>
      ) : (
        <ul className="files">
          {models.map(({ key, repository, model, bytes: size, total }) => (
            <li key={key}>
              <span className="mono">
                {repository} {model}
              </span>{' '}
              <span className="quiet">
                {size < total
                  ? d('stored.part', { size: bytes(size), total: bytes(total) })
                  : d('stored.whole', { size: bytes(size) })}
              </span>{' '}
              <button
                type="button"
                className="plain"
                aria-label={d('stored.delete', { model: `${repository} ${model}` })}
                onClick={() => void ask(key)}
              >
                {d('stored.deleteShort')}
              </button>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
