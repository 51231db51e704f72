/** Teacher and student side by side: what the small one costs and what it gives. Speeds are measured, or not shown. */
import { useState } from 'react';
import type { Evaluation, RunFacts } from '../protocol/events.ts';
import type { Run } from '../store/run.ts';
import { useApp, useController, useScene } from './appContext.tsx';
import { bytes, count, figures, fixed, percent, t } from './text.ts';

export function Sizes({ run }: { run: Run }) {
  const log = useScene(run);
  const { facts, speed } = run;
  if (facts === null) return null;
  const { teacher, student } = facts;
  const distilled = Math.max(
    0,
    run.spec.arms.findIndex(({ kind }) => kind === 'distilled'),
  );
  const judged = log?.last?.arms[distilled];
  const taught = run.spec.teacher.source !== 'none';
  // An averaged copy is a student itself, and no teacher has no size.
  const known = teacher.parameters > 0;
  const smaller = teacher.parameters / Math.max(1, student.parameters);
  return (
    <section className="card sizes" aria-labelledby="sizes-title">
      <h2 id="sizes-title">{t('sizes.title')}</h2>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col" style={{ color: 'var(--teacher-text)' }}>
              {t('arm.teacher')}
            </th>
            <th scope="col" style={{ color: 'var(--distilled-text)' }}>
              {t('sizes.student')}
            </th>
          </tr>
        </thead>
        <tbody>
          <Row
            name={t('sizes.parameters')}
            teacher={known ? count(teacher.parameters) : '–'}
            student={count(student.parameters)}
          />
          <Row
            name={t('sizes.bytes')}
            teacher={known ? bytes(teacher.bytes) : '–'}
            student={bytes(student.bytes)}
          />
          {(facts.positions ?? 1) > 1 ? (
            <LanguageRows facts={facts} judged={judged} />
          ) : (
            <Row
              name={t('sizes.accuracy')}
              teacher={teacher.delivery === 'averaged' ? '' : percent(teacher.accuracy)}
              student={judged === undefined ? '–' : percent(judged.accuracy)}
            />
          )}
          {taught ? (
            <Row
              name={t('sizes.agreement')}
              teacher=""
              student={judged === undefined ? '–' : percent(judged.agreement)}
            />
          ) : null}
          {speed === null ? null : (
            <Row
              name={t('sizes.speed')}
              teacher={t('sizes.ms', { ms: figures(speed.teacher) })}
              student={t('sizes.ms', { ms: figures(speed.student) })}
            />
          )}
        </tbody>
      </table>
      <p className="hint">
        {run.log.replicates.length > 1
          ? `${t('sizes.firstSeed', { seeds: run.log.replicates.length })} `
          : ''}
        {!taught || !known
          ? ''
          : smaller >= 1
            ? t('sizes.smaller', { times: fixed(smaller, 1) })
            : t('sizes.larger', { times: fixed(1 / smaller, 1) })}{' '}
        {speed === null ? '' : t('sizes.how', { batch: speed.batch })}
      </p>
      <Measure run={run} />
    </section>
  );
}

/** What a model of language is judged by, in nats a token at T = 1; Learn has the one number that its curve is of. */
function LanguageRows({ facts, judged }: { facts: RunFacts; judged: Evaluation | undefined }) {
  const learn = useApp((state) => state.level === 'learn');
  const { language, parameters } = facts.teacher;
  const own = judged?.language;
  const taught = facts.spec.teacher.source !== 'none';
  const of = (value: number | undefined, digits = 3) => (value === undefined ? '–' : fixed(value, digits));
  const theirs = (value: number | undefined, digits = 3) => (parameters > 0 ? of(value, digits) : '–');
  const floor = language?.floor ?? null;
  return (
    <>
      <Row name={t('sizes.loss')} teacher={theirs(language?.loss)} student={of(own?.loss)} />
      {learn ? null : (
        <Row
          name={t('sizes.perplexity')}
          teacher={theirs(language?.perplexity, 2)}
          student={of(own?.perplexity, 2)}
        />
      )}
      {floor === null ? null : (
        <Row name={t('sizes.floor')} teacher={of(floor)} student={of(own?.floor ?? floor)} />
      )}
      {taught && !learn ? (
        <>
          <Row name={t('sizes.divergence')} teacher="" student={of(judged?.divergence)} />
          <Row name={t('sizes.reverse')} teacher="" student={of(judged?.reverseDivergence)} />
          <Row name={t('sizes.entropyGap')} teacher="" student={of(judged?.entropyGap)} />
        </>
      ) : null}
    </>
  );
}

function Row({ name, teacher, student }: { name: string; teacher: string; student: string }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{teacher}</td>
      <td>{student}</td>
    </tr>
  );
}

function Measure({ run }: { run: Run }) {
  const controller = useController();
  const busy = useApp((state) => state.activity !== 'idle');
  const [measuring, setMeasuring] = useState(false);
  if (run.origin !== 'live' || run.speed !== null) return null;
  const measure = () => {
    setMeasuring(true);
    void controller.measureSpeed().finally(() => setMeasuring(false));
  };
  return (
    <button type="button" disabled={busy || measuring} onClick={measure}>
      {t(measuring ? 'sizes.measuring' : 'sizes.measure')}
    </button>
  );
}
