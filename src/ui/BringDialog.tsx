/**
 * A teacher and data of the user's own: files are dropped, looked at, and become a run. What the files do not say (which
 * output, how pixels are scaled, how many rows) is asked here; nothing is uploaded anywhere.
 */

import { type ReactNode, useEffect, useState } from 'react';
import type { GivenFile } from '../protocol/commands.ts';
import type { FileInspection } from '../protocol/events.ts';
import type { HubModel } from '../protocol/hub.ts';
import { detailOf, type ErrorDetail } from '../spec/errors.ts';
import { scalings } from '../spec/ownData.ts';
import { type OwnChoices, ownSpec, studentsFor } from '../store/ownFiles.ts';
import { askInspection } from '../store/questions.ts';
import { useApp, useAppStore, useController } from './appContext.tsx';
import { Dialog } from './Dialog.tsx';
import { d } from './dialogWords.ts';
import { ErrorFacts } from './ErrorFacts.tsx';
import { give } from './fileDrop.ts';
import { HubPanel } from './HubPanel.tsx';
import { LanguageFound } from './LanguageFound.tsx';
import { type ChosenScaling, ScalingChoice, scalingOf, useScalingTrial } from './ScalingChoice.tsx';
import { StoredModels, StoredRuns } from './Stored.tsx';
import { bytes, count, t } from './text.ts';

export function BringDialog() {
  const store = useAppStore();
  const files = useApp((state) => state.given);
  const [model, setModel] = useState<HubModel | null>(null);
  const found = useInspection(files, model);
  const startOver = () => {
    setModel(null);
    store.setState({ given: [] });
  };
  return (
    <Dialog title={d('bring.title')}>
      <p>{d('bring.about')}</p>
      <Drop busy={files.length > 0 && found === null} />
      {model === null ? null : <Chosen model={model} busy={found === null} />}
      {files.length === 0 ? null : (
        <ul className="files">
          {files.map((file) => (
            <li key={file.name}>
              <span className="mono">{file.name}</span>{' '}
              <span className="quiet">{bytes(file.bytes.length)}</span>
            </li>
          ))}
        </ul>
      )}
      {found === null ? null : 'code' in found ? (
        <div className="notice is-error" role="alert">
          <ErrorFacts detail={found} />
        </div>
      ) : found.teacher?.language != null ? (
        <LanguageFound found={found} files={files} model={model} />
      ) : (
        <Found found={found} files={files} />
      )}
      {found === null || 'code' in found || !found.more?.length ? null : (
        <p className="hint">{d('bring.together', { n: found.more.length + 1 })}</p>
      )}
      {files.length === 0 && model === null ? null : (
        <button type="button" className="plain" onClick={startOver}>
          {d('bring.again')}
        </button>
      )}
      {model === null ? <HubPanel choose={setModel} /> : null}
      <StoredModels />
      <StoredRuns />
    </Dialog>
  );
}

/** What the files are, once the engine has looked; null meanwhile. */
function useInspection(
  files: readonly GivenFile[],
  model: HubModel | null,
): FileInspection | ErrorDetail | null {
  const controller = useController();
  const [found, setFound] = useState<FileInspection | ErrorDetail | null>(null);
  useEffect(() => {
    setFound(null);
    if (files.length === 0 && model === null) return;
    let wanted = true;
    void controller
      .inquire((live) => askInspection(live, files, model))
      .then((inspection) => {
        if (wanted) setFound(inspection);
      });
    return () => {
      wanted = false;
    };
  }, [controller, files, model]);
  return found;
}

/** The hub's model while it comes, and once it is here. */
function Chosen({ model, busy }: { model: HubModel; busy: boolean }) {
  const progress = useApp((state) => state.progress);
  const { done, total } = progress?.stage === 'hub' ? progress : { done: 0, total: 0 };
  return (
    <div className="hub">
      <p>
        <span className="mono">
          {model.repository} {model.model}
        </span>
      </p>
      {busy ? (
        <>
          <progress value={done} max={Math.max(1, total)} aria-label={d('hub.progress')} />
          <p className="hint">{t('teacher.loading', { done: bytes(done), total: bytes(total) })}</p>
        </>
      ) : null}
    </div>
  );
}

/** Where files are dropped or chosen. The drop itself is the page's, which takes it anywhere. */
function Drop({ busy }: { busy: boolean }) {
  const store = useAppStore();
  const [over, setOver] = useState(false);
  return (
    <label
      className="drop"
      data-over={over}
      data-control="teacher.file"
      onDragOver={() => setOver(true)}
      onDragLeave={() => setOver(false)}
      onDrop={() => setOver(false)}
    >
      <strong>{d(busy ? 'bring.reading' : 'bring.drop')}</strong>
      <span className="hint">{d('bring.kinds')}</span>
      <span className="button" aria-hidden="true">
        {d('bring.choose')}
      </span>
      <input
        type="file"
        className="visually-hidden"
        multiple
        aria-label={d('bring.choose')}
        onChange={(event) => {
          if (event.target.files !== null) void give(store, event.target.files);
        }}
      />
    </label>
  );
}

function Found({ found, files }: { found: FileInspection; files: readonly GivenFile[] }) {
  const controller = useController();
  const draft = useApp((state) => state.draft);
  const [logits, setLogits] = useState<string | null>(null);
  const [byHand, setByHand] = useState<ChosenScaling | null>(null);
  const [refused, setRefused] = useState<ErrorDetail | null>(null);
  const [labelled, setLabelled] = useState(true);
  const [student, setStudent] = useState<OwnChoices['student']>('mlp');
  const { teacher, images, labels } = found;
  const offered = teacher?.logits ?? [];
  const students = studentsFor(images?.shape ?? []);
  const chosen = logits ?? offered[0]?.name ?? '';
  const ready = found.missing.length === 0 && found.misfit === undefined;
  const specWith = ({ mean, std }: Pick<ChosenScaling, 'mean' | 'std'>) =>
    ownSpec(draft, found, {
      ...{ logits: chosen, mean, std, labelled: labelled ? 'all' : 0 },
      student: students.includes(student) ? student : 'mlp',
    });
  // Several teachers may each expect another.
  const asked = ready && !found.more?.length ? `${teacher?.sha256} ${found.fingerprint} ${chosen}` : null;
  const trial = useScalingTrial(asked, () => specWith(scalings.unit), files);
  const scaling = scalingOf(byHand, trial, labels?.classes ?? 1);
  const start = () => {
    try {
      const spec = specWith(scaling);
      if (spec !== null) void controller.runFiles(spec, files);
    } catch (error) {
      setRefused(detailOf(error));
    }
  };
  return (
    <div className="found">
      <Facts>
        {teacher === null ? null : (
          <Fact name={d('bring.teacher')}>
            {d('bring.teacherFacts', { n: count(teacher.parameters), size: bytes(teacher.bytes) })}
          </Fact>
        )}
        {images === null ? null : (
          <Fact name={d('bring.images')}>
            {d('bring.imageFacts', { n: images.n, shape: images.shape.join(' × ') })}
          </Fact>
        )}
        {labels === null ? null : (
          <Fact name={d('bring.labels')}>
            {d('bring.labelFacts', { n: labels.n, classes: labels.classes })}
          </Fact>
        )}
      </Facts>
      {found.unknown === undefined ? null : (
        <p className="hint">{d('bring.unknown', { names: found.unknown.join(', ') })}</p>
      )}
      {found.misfit === undefined ? null : (
        <div className="notice is-error" role="alert">
          <ErrorFacts detail={found.misfit} />
        </div>
      )}
      {found.missing.length === 0 ? null : (
        <p className="hint">
          {d('bring.missing')} {found.missing.join('; ')}
        </p>
      )}
      {offered.length < 2 ? null : (
        <label className="field" data-control="teacher.logits">
          {d('bring.logits')}
          <select value={chosen} onChange={(event) => setLogits(event.target.value)}>
            {offered.map(({ name, reason }) => (
              <option key={name} value={name}>
                {name} ({reason})
              </option>
            ))}
          </select>
        </label>
      )}
      <ScalingChoice value={scaling} trial={trial} classes={labels?.classes ?? 1} onChange={setByHand} />
      {students.length < 2 ? null : (
        <fieldset data-control="student.kind">
          <legend>{d('bring.student')}</legend>
          {students.map((kind) => (
            <label className="check" key={kind}>
              <input
                type="radio"
                name="student"
                checked={student === kind}
                onChange={() => setStudent(kind)}
              />
              {d(kind === 'mlp' ? 'bring.student.mlp' : 'bring.student.cnn')}
            </label>
          ))}
        </fieldset>
      )}
      <label className="check">
        <input type="checkbox" checked={labelled} onChange={(event) => setLabelled(event.target.checked)} />
        {d('bring.useLabels')}
      </label>
      {refused === null ? null : (
        <div className="notice is-error" role="alert">
          <ErrorFacts detail={refused} />
        </div>
      )}
      <button type="button" className="primary" disabled={!ready} onClick={start}>
        {d('bring.start')}
      </button>
    </div>
  );
}

function Facts({ children }: { children: ReactNode }) {
  return <dl className="facts">{children}</dl>;
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
