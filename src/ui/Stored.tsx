/** What this browser keeps: models that were downloaded, and runs that can be resumed. Asked when it is opened, not before. */
import { useState } from 'react';
import type { StoredModel } from '../protocol/hub.ts';
import type { StoredRun } from '../protocol/storedRuns.ts';
import { isDeepEqual } from '../spec/equal.ts';
import type { ErrorDetail } from '../spec/errors.ts';
import { askStored, askStoredRuns } from '../store/questions.ts';
import { forget, remembered } from '../store/remembered.ts';
import { useAppStore, useController } from './appContext.tsx';
import { type DialogKey, d } from './dialogWords.ts';
import { ErrorFacts } from './ErrorFacts.tsx';
import { bytes, count } from './text.ts';

/** One thing that is kept. */
interface Entry {
  readonly key: string;
  readonly name: string;
  readonly size: string;
  /** What can be done with it beside deleting it. */
  readonly action?: { readonly label: string; readonly act: () => void };
}

export function StoredModels() {
  const controller = useController();
  const ask = async (deleted?: string) => {
    const models = await controller.inquire((live) => askStored(live, deleted));
    return 'code' in models ? models : models.map(entryOfModel);
  };
  return <Stored control="storage" title="stored.title" none="stored.none" ask={ask} />;
}

export function StoredRuns() {
  const controller = useController();
  const store = useAppStore();
  const [known, setKnown] = useState<readonly StoredRun[]>([]);
  const ask = async (deleted?: string) => {
    const runs = await controller.inquire((live) => askStoredRuns(live, deleted));
    if ('code' in runs) return runs;
    const gone = known.find(({ key }) => key === deleted)?.spec;
    if (gone != null) forget(gone);
    setKnown(runs);
    const left = remembered();
    return runs.map((run) => {
      const found = left.find(({ spec }) => isDeepEqual(spec, run.spec));
      const act = () => {
        store.setState({ dialog: null });
        if (found !== undefined) void controller.resume(found);
      };
      const action = { label: d('storedRuns.resume'), act };
      return { ...entryOfRun(run), ...(found === undefined ? {} : { name: found.name, action }) };
    });
  };
  return <Stored control="runs" title="storedRuns.title" none="storedRuns.none" ask={ask} />;
}

function entryOfModel({ key, repository, model, bytes: size, total }: StoredModel): Entry {
  const whole = size === total;
  return {
    ...{ key, name: `${repository} ${model}` },
    size: whole
      ? d('stored.whole', { size: bytes(size) })
      : d('stored.part', { size: bytes(size), total: bytes(total) }),
  };
}

function entryOfRun({ key, spec, step, savedAt, bytes: size }: StoredRun): Entry {
  const at = savedAt === 0 ? '' : new Date(savedAt).toLocaleString();
  const values = { step: count(step), steps: count(spec?.training.steps ?? step), size: bytes(size), at };
  return { key, name: spec?.name ?? d('storedRuns.unknown'), size: d('storedRuns.size', values) };
}

interface StoredProps {
  readonly control: string;
  readonly title: DialogKey;
  readonly none: DialogKey;
  /** All of them, after one was deleted, if one is named. */
  ask(deleted?: string): Promise<readonly Entry[] | ErrorDetail>;
}

function Stored({ control, title, none, ask }: StoredProps) {
  const [entries, setEntries] = useState<readonly Entry[] | ErrorDetail | null>(null);
  const show = async (deleted?: string) => setEntries(await ask(deleted));
  return (
    <details
      className="stored"
      data-control={control}
      onToggle={(event) => {
        if (event.currentTarget.open) void show();
      }}
    >
      <summary>{d(title)}</summary>
      {entries === null ? null : 'code' in entries ? (
        <div className="notice is-error" role="alert">
          <ErrorFacts detail={entries} />
        </div>
      ) : entries.length === 0 ? (
        <p className="hint">{d(none)}</p>
      ) : (
        <ul className="files">
          {entries.map(({ key, name, size, action }) => (
            <li key={key}>
              <span className="mono">{name}</span> <span className="quiet">{size}</span>{' '}
              {action === undefined ? null : (
                <>
                  <button
                    type="button"
                    className="plain"
                    aria-label={`${action.label} ${name}`}
                    onClick={action.act}
                  >
                    {action.label}
                  </button>{' '}
                </>
              )}
              <button
                type="button"
                className="plain"
                aria-label={d('stored.delete', { name })}
                onClick={() => void show(key)}
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
