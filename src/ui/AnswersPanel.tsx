/**
 * A teacher's recorded answers: what keeping only the k largest of each row would weigh and change, on a dial, and all
 * of them as a file, saved or given back.
 */
import { useId, useState } from 'react';
import type { TeacherFacts } from '../protocol/events.ts';
import type { TopCost } from '../protocol/topCost.ts';
import type { ErrorDetail } from '../spec/errors.ts';
import { askKeep } from '../store/questions.ts';
import type { Run } from '../store/run.ts';
import { useApp, useController } from './appContext.tsx';
import { ErrorFacts } from './ErrorFacts.tsx';
import { saveFile } from './saveFile.ts';
import { bytes, figures, percent, t } from './text.ts';

export function AnswersPanel({ run, teacher }: { run: Run; teacher: TeacherFacts }) {
  const classes = run.facts?.classNames.length ?? 0;
  return (
    <>
      {teacher.topCosts === undefined ? null : (
        <TopDial key={teacher.sha256} costs={teacher.topCosts} classes={classes} />
      )}
      <AnswersFile run={run} />
    </>
  );
}

function TopDial({ costs, classes }: { costs: readonly TopCost[]; classes: number }) {
  const id = useId();
  const teacher = useApp((state) => state.draft.teacher);
  const controller = useController();
  const top = 'top' in teacher ? teacher.top : undefined;
  const known = costs.findIndex(({ k }) => k === top);
  const [at, setAt] = useState(known >= 0 ? known : Math.min(3, costs.length - 1));
  const cost = costs[at];
  if (cost === undefined || costs.length < 2) return null;
  const may = teacher.delivery === 'pack' && teacher.source !== 'several' && teacher.source !== 'none';
  const learn = (k: number | undefined) => {
    if (!may) return;
    const { top: _, ...whole } = { top: undefined, ...teacher };
    controller.edit('teacher', k === undefined ? whole : { ...whole, top: k });
  };
  return (
    <div className="field is-stacked" data-control="teacher.top">
      <label htmlFor={id}>{t('top.label')}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={costs.length - 1}
        step={1}
        value={at}
        aria-valuetext={t('top.spoken', { k: cost.k })}
        aria-describedby={`${id}-costs`}
        onChange={(event) => {
          const next = Number(event.currentTarget.value);
          setAt(next);
          if (top !== undefined) learn(costs[next]?.k);
        }}
      />
      <dl className="facts" id={`${id}-costs`}>
        <Fact name={t('top.bytes', { k: cost.k })}>
          {t('top.against', { kept: bytes(cost.bytes), dense: bytes(2 * classes) })}
        </Fact>
        <Fact name={t('top.mass')}>{percent(cost.mass)}</Fact>
        <Fact name={t('top.tail')}>{t('top.nats', { nats: figures(cost.tail) })}</Fact>
        <Fact name={t('top.renormalised')}>{t('top.nats', { nats: figures(cost.renormalised) })}</Fact>
      </dl>
      {may ? (
        <label className="check">
          <input
            type="checkbox"
            checked={top !== undefined}
            onChange={() => learn(top === undefined ? cost.k : undefined)}
          />
          <span>{t('top.learn', { k: top ?? cost.k })}</span>
        </label>
      ) : null}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

type Told = { readonly kept: string } | { readonly error: ErrorDetail };

function AnswersFile({ run }: { run: Run }) {
  const controller = useController();
  const [told, setTold] = useState<Told | null>(null);
  const load = async (file: File) => {
    const given = new Uint8Array(await file.arrayBuffer());
    const reply = await controller.inquire((live) => askKeep(live, given));
    if ('code' in reply) return setTold({ error: reply });
    const teacher = reply.teacher.slice(0, 12);
    const own = reply.teacher === run.facts?.teacher.sha256 && reply.data === run.facts.fingerprint;
    return setTold({ kept: t(own ? 'answers.own' : 'answers.other', { teacher, data: reply.data }) });
  };
  const save = async () => {
    const file = await controller.exportRun('answers', 0);
    if (file !== null) saveFile(file.name, file.mime, file.bytes);
  };
  return (
    <div className="answers-file" data-control="teacher.answers">
      <div className="row">
        {run.origin === 'live' && controller.canAsk && run.facts?.teacher.delivery !== 'averaged' ? (
          <button type="button" onClick={() => void save()}>
            {t('answers.save')}
          </button>
        ) : null}
        <label className="button">
          {t('answers.load')}
          <input
            className="visually-hidden"
            type="file"
            accept=".answers"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file !== undefined) void load(file);
            }}
          />
        </label>
      </div>
      {told === null ? null : 'kept' in told ? (
        <p className="hint" role="status">
          {told.kept}
        </p>
      ) : (
        <ErrorFacts detail={told.error} />
      )}
    </div>
  );
}
