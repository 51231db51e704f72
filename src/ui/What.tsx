/** The left column: data, teacher, student, loss and optimiser as short cards, and the button that applies changes. */
import type { ReactNode } from 'react';
import { isGuessing } from '../spec/ownData.ts';
import { isText, type RunSpec } from '../spec/runSpec.ts';
import type { Change } from '../store/changes.ts';
import { type CardName, controlsOf, levelOf } from '../store/controls.ts';
import { softnessAt } from '../store/distributions.ts';
import type { Run } from '../store/run.ts';
import { levels } from '../store/state.ts';
import { useApp, useAppStore, useController, useRun } from './appContext.tsx';
import { Field, settingLabel } from './Field.tsx';
import { Lockable, useHidden, useLocked } from './Lockable.tsx';
import { late } from './late.tsx';
import { OffsetField } from './OffsetField.tsx';
import { TeacherSource } from './TeacherSource.tsx';
import { bytes, count, figures, fixed, maybe, percent, t } from './text.ts';
import { useChanges, useFromPreset, useRecorded } from './useChanges.ts';

const LossEditor = late(() => import('./lab/LossEditor.tsx').then((module) => module.LossEditor));
const SpecialFields = late(() => import('./specialFields.tsx').then((module) => module.SpecialFields));

export function What() {
  const run = useRun();
  return (
    <>
      <Changes />
      <Card name="loss" summary={<LossSummary run={run} />} />
      <Card name="data" summary={<DataSummary />}>
        <OffsetField run={run} />
      </Card>
      <Card name="teacher" summary={<TeacherSummary run={run} />}>
        <TeacherSource run={run} />
      </Card>
      <Card name="student" summary={<StudentSummary run={run} />} />
      <Card name="optimiser" summary={<OptimiserSummary />} />
      <BringButton />
    </>
  );
}

/** Its files take the place of teacher and data, so that it goes with either lock. */
function BringButton() {
  const store = useAppStore();
  const teacherLocked = useLocked('teacher');
  if (useHidden('bring')) return null;
  return (
    <Lockable path={teacherLocked ? 'teacher' : 'data'}>
      <button type="button" className="wide" onClick={() => store.setState({ dialog: 'bring' })}>
        {t('bring.open')}
      </button>
    </Lockable>
  );
}

/** The settings of a card, of which its own is locked as one. */
const roots: Readonly<Record<CardName, string>> = {
  loss: 'objective',
  data: 'data',
  teacher: 'teacher',
  student: 'student',
  optimiser: 'optimiser',
};

function Card(props: { name: CardName; summary: ReactNode; children?: ReactNode }) {
  const { name, summary } = props;
  if (useHidden(name)) return null;
  return (
    <section className="card setting-card" aria-labelledby={`card-${name}`} data-control={name}>
      <h2 id={`card-${name}`}>{t(`card.${name}`)}</h2>
      <div className="summary">{summary}</div>
      <Lockable path={roots[name]}>
        <Settings name={name}>{props.children}</Settings>
      </Lockable>
    </section>
  );
}

function Settings({ name, children }: { name: CardName; children?: ReactNode }) {
  const level = useApp((state) => state.level);
  const draft = useApp((state) => state.draft);
  const fields = controlsOf(name, level, draft);
  const beyond = level === 'learn' ? 0 : 1;
  const editor = name === 'loss' && level === 'lab';
  return (
    <>
      {fields
        .filter((control) => control.level === 'learn')
        .map((control) => (
          <Field key={control.path} control={control} />
        ))}
      {children}
      {beyond === 0 ? null : (
        <>
          <SpecialFields name={name} />
          {fields
            .filter((control) => control.level === 'tinker' && !(editor && control.path.includes('terms')))
            .map((control) => (
              <Field key={`${control.path}${control.kind}`} control={control} />
            ))}
          {editor ? <LossEditor /> : <LabFields name={name} />}
        </>
      )}
    </>
  );
}

/** What only Lab shows stays folded, so that a card is short there as well. */
function LabFields({ name }: { name: CardName }) {
  const level = useApp((state) => state.level);
  const draft = useApp((state) => state.draft);
  const flashed = useApp((state) => state.flashed);
  const fields = controlsOf(name, level, draft).filter((control) => control.level === 'lab');
  if (fields.length === 0) return null;
  const named = flashed !== null && fields.some((control) => control.path === flashed.path);
  return (
    <details className="more" open={named || undefined}>
      <summary>{t('card.more')}</summary>
      {fields.map((control) => (
        <Field key={control.path} control={control} />
      ))}
    </details>
  );
}

function DataSummary() {
  const { data } = useApp((state) => state.draft);
  const run = useRun();
  const labelled =
    data.labelled === 'all' ? t('data.allLabelled') : t('data.someLabelled', { n: data.labelled });
  const without = data.leaveOut.map((label) => run?.facts?.classNames[label] ?? String(label)).join(', ');
  return (
    <p className="small quiet">
      {t(`data.${data.task}`)}{' '}
      {isText(data)
        ? t('data.texts', { n: data.transfer })
        : `${t('data.rows', { n: data.transfer })} ${labelled}`}{' '}
      {without === '' ? '' : t('data.without', { without })}{' '}
      {data.labelNoise > 0 ? t('data.noise', { share: percent(data.labelNoise, 0) }) : ''}
    </p>
  );
}

function TeacherSummary({ run }: { run: Run | null }) {
  const wanted = useApp((state) => state.draft.teacher);
  const recorded = useRecorded();
  const own = run?.facts?.teacher;
  // Before there is a run, what the preset's recorded one knows of the same teacher.
  const same = recorded !== null && nameOfTeacher(recorded.spec) === nameOfTeacher({ teacher: wanted });
  const teacher = own ?? (same ? recorded.facts?.teacher : undefined);
  if (teacher === undefined) return <p className="small quiet">{t('teacher.unknown')}</p>;
  if (teacher.delivery === 'averaged') return <p className="small quiet">{t('teacher.averaged')}</p>;
  if (run?.spec.teacher.source === 'none') return <p className="small quiet">{t('teacher.none')}</p>;
  const size = { parameters: teacher.parameters, size: bytes(teacher.bytes) };
  const several = run?.spec.teacher.source === 'several';
  const classes = run?.facts?.classNames.length ?? 0;
  const guesses = run?.spec.data.task === 'file' && isGuessing(teacher.accuracy, classes);
  return (
    <>
      <p className="small quiet">
        <strong>{teacher.title}</strong>.{' '}
        {teacher.language === undefined
          ? t('teacher.facts', { ...size, accuracy: percent(teacher.accuracy) })
          : t('teacher.factsOfLanguage', { ...size, loss: figures(teacher.language.loss) })}{' '}
        {own === undefined || own.delivery === 'averaged'
          ? ''
          : t(`teacher.${several ? 'together.' : ''}${own.delivery}`)}
      </p>
      {guesses ? (
        <p className="warning" role="status">
          {t('teacher.guesses')}
        </p>
      ) : null}
    </>
  );
}

/** Null for a teacher that is none of the page's own. */
function nameOfTeacher({ teacher }: Pick<RunSpec, 'teacher'>): string | null {
  return teacher.source === 'builtin' ? teacher.id : null;
}

function StudentSummary({ run }: { run: Run | null }) {
  const { student } = useApp((state) => state.draft);
  const words =
    'layers' in student
      ? { layers: student.layers, width: student.width }
      : { layers: (student.kind === 'mlp' ? student.hidden : student.channels).join('\u00a0–\u2060\u00a0') };
  const facts = run?.facts?.student;
  const one = 'layers' in student && student.layers === 1;
  return (
    <p className="small quiet">
      {(one ? maybe(`student.${student.kind}.one`, words) : undefined) ?? t(`student.${student.kind}`, words)}{' '}
      {facts === undefined
        ? ''
        : t('student.facts', { parameters: facts.parameters, size: bytes(facts.bytes) })}
    </p>
  );
}

function LossSummary({ run }: { run: Run | null }) {
  const temperature = useApp((state) => state.draft.objective.temperature);
  const facts = run?.facts ?? null;
  const softness = facts === null ? null : softnessAt(facts, temperature);
  if (softness === null || facts === null) return null;
  return (
    <p className="small quiet">
      {t('loss.softness', {
        T: figures(temperature),
        softness: fixed(softness, 1),
        classes: facts.classNames.length,
      })}
    </p>
  );
}

function OptimiserSummary() {
  const { optimiser, training } = useApp((state) => state.draft);
  return (
    <p className="small quiet">
      {t(`optimiser.${optimiser.kind}`, {
        rate: figures(optimiser.learningRate),
        steps: count(training.steps),
        batch: training.batch,
      })}
    </p>
  );
}

/** The collected changes, with the one button that makes a run of them. */
function Changes() {
  const run = useRun();
  const changes = useChanges();
  const controller = useController();
  const busy = useApp((state) => state.activity !== 'idle');
  if (run === null || run.origin === 'link') return <FromPreset />;
  if (changes.length === 0) return null;
  return (
    <section className="card changes" aria-labelledby="changes-title">
      <h2 id="changes-title">{t('apply.title', { n: changes.length })}</h2>
      <ChangeList changes={changes} />
      <div className="row">
        <button type="button" className="primary" disabled={busy} onClick={() => void controller.apply()}>
          {t(changes.length === 1 ? 'apply.one' : 'apply.many', { n: changes.length })}
        </button>
        <button type="button" className="plain" onClick={() => controller.discard()}>
          {t('apply.discard')}
        </button>
      </div>
    </section>
  );
}

/** What a link has changed of its preset, where no run beside it says so. */
function FromPreset() {
  const from = useFromPreset();
  if (from === null || from.changes.length === 0) return null;
  return (
    <section className="card changes" aria-labelledby="changes-title">
      <h2 id="changes-title">{t('apply.fromPreset', { preset: from.preset.title })}</h2>
      <ChangeList changes={from.changes} />
    </section>
  );
}

export const mostListed = 6;

function ChangeList({ changes }: { changes: readonly Change[] }) {
  const level = useApp((state) => state.level);
  const store = useAppStore();
  const reveal = (path: string) => {
    const wanted = levelOf(path);
    if (levels.indexOf(wanted) > levels.indexOf(level)) store.setState({ level: wanted });
  };
  return (
    <ul>
      {changes.slice(0, mostListed).map((change) => (
        <li key={change.path} className="small">
          <button type="button" className="link" onClick={() => reveal(change.path)}>
            {settingLabel(change.path)}
          </button>{' '}
          <span className="quiet">
            {shown(change.from)} → {shown(change.to)}
          </span>
        </li>
      ))}
      {changes.length > mostListed ? (
        <li className="small quiet">{t('apply.others', { n: changes.length - mostListed })}</li>
      ) : null}
    </ul>
  );
}

/** What a term of a loss or an arm of the race is called. */
function nameOf(item: object): string | undefined {
  if ('name' in item && typeof item.name === 'string' && item.name !== '') return item.name;
  if ('kind' in item) return maybe(`arm.${item.kind}`);
  if (!('id' in item) || typeof item.id !== 'string') return undefined;
  return maybe(`option.${item.id}`) ?? item.id.replaceAll('_', ' ');
}

/** “Labelled rows 20 → 8” */
export function changeText({ path, from, to }: Change): string {
  return `${settingLabel(path)} ${shown(from)} → ${shown(to)}`;
}

/** A value of a specification, in a few characters. */
export function shown(value: unknown): string {
  if (typeof value === 'number') return figures(value);
  if (typeof value === 'boolean') return t(value ? 'value.on' : 'value.off');
  if (Array.isArray(value)) {
    if (value.length === 0) return t('value.none');
    if (value.every((one) => typeof one !== 'object')) return value.join(', ');
    const names = value.map(nameOf);
    return names.every((name) => name !== undefined)
      ? names.join(', ')
      : t('value.items', { n: value.length });
  }
  if (value === undefined || value === null) return t('value.none');
  return typeof value === 'object' ? t('value.on') : (maybe(`option.${value}`) ?? String(value));
}
