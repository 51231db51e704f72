/**
 * Teacher and students go on with the same beginning, side by side, at a temperature of their own. The students are asked
 * again at each evaluation while this is open, and so is an averaged copy; a teacher, who does not change, when it is asked for.
 */
import { useEffect, useId, useState } from 'react';
import type { Written } from '../../protocol/texts.ts';
import { askContinuation } from '../../store/questions.ts';
import type { Run } from '../../store/run.ts';
import { useController, useScene } from '../appContext.tsx';
import { ErrorFacts } from '../ErrorFacts.tsx';
import { armLook, armName, type Look, teacherLook, text } from '../palette.ts';
import { Slider } from '../Slider.tsx';
import { count, figures, t } from '../text.ts';
import { FoldedPanel } from './FoldedPanel.tsx';
import { type Answer, useAnswer } from './useAnswer.ts';
import { w } from './words.ts';

/** Of the held-out text, the share that is given. */
const given = 1 / 3;

export function Continuations({ run }: { run: Run }) {
  return (
    <FoldedPanel id="write-title" title="write.title">
      <Opened run={run} />
    </FoldedPanel>
  );
}

function Opened({ run }: { run: Run }) {
  const controller = useController();
  if (run.origin !== 'live' || !controller.canAsk) return <p className="quiet">{w('write.recorded')}</p>;
  return <Writers run={run} />;
}

interface Wish {
  readonly prompt: string;
  readonly temperature: number;
  readonly seed: number;
}

function Writers({ run }: { run: Run }) {
  const id = useId();
  const log = useScene(run);
  const [typed, setTyped] = useState<string | null>(null);
  const [{ temperature, seed }, setDraw] = useState({ temperature: 1, seed: 1 });
  const [asked, setAsked] = useState(false);
  const prompt = typed ?? beginningOf(run);
  const wish = useSettled<Wish>({ prompt, temperature, seed });
  const key = JSON.stringify(wish);
  const step = log?.text?.step ?? 0;
  const students = useAnswer(`${step} ${key}`, (live) => askContinuation(live, { ...wish, of: 'students' }));
  // A copy of a student changes as it does, and several teachers with their weights.
  const copies = run.spec.teacher.source === 'average';
  const wanted = `${run.spec.teacher.source === 'several' ? (log?.events.length ?? 0) : ''} ${key}`;
  const teacherKey = copies ? `${step} ${key}` : asked ? wanted : null;
  const teacher = useAnswer(teacherKey, (live) => askContinuation(live, { ...wish, of: 'teacher' }));
  return (
    <div className="writers">
      <p className="hint">{w('write.about')}</p>
      <div className="write-prompt">
        <label htmlFor={id}>{w('write.prompt')}</label>
        <textarea
          id={id}
          rows={2}
          maxLength={2_000}
          value={prompt}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {students.failed === null ? null : <ErrorFacts detail={students.failed} />}
      </div>
      <div className="write-controls">
        <Slider
          label={w('write.temperature')}
          value={temperature}
          min={0}
          max={2}
          hard={{ min: 0, max: 100 }}
          spoken={(value) => w('write.spoken', { T: figures(value) })}
          hint={w('write.greedy')}
          onChange={(value) => setDraw((draw) => ({ ...draw, temperature: value }))}
        />
        <button type="button" onClick={() => setDraw((draw) => ({ ...draw, seed: draw.seed + 1 }))}>
          {w('write.again')}
        </button>
        {typed === null ? null : (
          <button type="button" className="plain" onClick={() => setTyped(null)}>
            {w('write.reset')}
          </button>
        )}
      </div>
      <div className="written-texts">
        <TeacherText
          run={run}
          prompt={wish.prompt}
          answer={teacher}
          onAsk={asked || copies ? null : () => setAsked(true)}
        />
        {run.spec.arms.map((_, arm) => (
          <Text
            key={armName(run.spec.arms, arm)}
            run={run}
            name={armName(run.spec.arms, arm)}
            look={armLook(run.spec.arms, arm)}
            prompt={wish.prompt}
            step={students.value?.step}
            written={students.value?.written[arm]}
          />
        ))}
      </div>
    </div>
  );
}

/** The beginning of the text that is looked at. */
function beginningOf(run: Run): string {
  const picture = run.log.text?.picture;
  if (picture === undefined) return '';
  const tokens = picture.labels.subarray(0, Math.max(1, Math.floor(picture.labels.length * given)));
  return Array.from(tokens, (token) => run.facts?.classNames[token] ?? '')
    .join('')
    .trim();
}

/** The newest value once it has stood still for a moment, so that no question is asked for each letter. */
function useSettled<T>(value: T): T {
  const key = JSON.stringify(value);
  const [settled, setSettled] = useState({ key, value });
  // biome-ignore lint/correctness/useExhaustiveDependencies: values of one key are alike
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ key, value }), 300);
    return () => clearTimeout(timer);
  }, [key]);
  return settled.value;
}

interface TeacherProps {
  readonly run: Run;
  readonly prompt: string;
  readonly answer: Answer<{ readonly written: readonly Written[] }>;
  readonly onAsk: (() => void) | null;
}

function TeacherText({ run, prompt, answer, onAsk }: TeacherProps) {
  const { source } = run.spec.teacher;
  const why = source === 'none' ? w('write.noTeacher') : null;
  if (why === null && onAsk === null) {
    return (
      <Text
        run={run}
        name={teacherName(run)}
        look={teacherLook}
        prompt={prompt}
        written={answer.value?.written[0]}
        failed={answer.failed === null ? null : <ErrorFacts detail={answer.failed} />}
      />
    );
  }
  return (
    <figure className="written">
      <figcaption style={{ color: text(teacherLook) }}>{t('arm.teacher')}</figcaption>
      {why === null ? (
        <>
          <button type="button" onClick={() => onAsk?.()}>
            {w('write.askTeacher')}
          </button>
          <p className="hint">{w('write.teacherHint')}</p>
        </>
      ) : (
        <p className="quiet">{why}</p>
      )}
    </figure>
  );
}

/** An averaged copy is of one arm: the first distilled one, or the first that keeps one. */
function teacherName({ spec, log }: Run): string {
  const copied = (log.last?.arms ?? []).flatMap(({ average }, arm) => (average === undefined ? [] : [arm]));
  const arm = copied.find((one) => spec.arms[one]?.kind === 'distilled') ?? copied[0];
  return arm === undefined ? t('arm.teacher') : t('arm.average', { name: armName(spec.arms, arm) });
}

interface TextProps {
  readonly run: Run;
  readonly name: string;
  readonly look: Look;
  readonly prompt: string;
  readonly step?: number | undefined;
  readonly written: Written | undefined;
  readonly failed?: React.ReactNode;
}

function Text({ run, name, look, prompt, step, written, failed = null }: TextProps) {
  const tokens = written?.tokens ?? [];
  const words = Array.from(tokens, (token) => run.facts?.classNames[token] ?? '').join('');
  const gap = /\s$/.test(prompt) || run.facts?.classNames.some((piece) => / $/.test(piece)) ? ' ' : '';
  return (
    <figure className="written">
      <figcaption style={{ color: text(look) }}>
        {name}
        {step === undefined ? null : <span className="quiet"> {w('write.step', { step: count(step) })}</span>}
      </figcaption>
      {failed}
      {written === undefined ? (
        failed === null ? (
          <p className="quiet">{w('write.asking')}</p>
        ) : null
      ) : (
        <>
          <p className="written-text">
            <span className="written-prompt">{prompt + gap}</span>
            {words}
          </p>
          <p className="hint">
            {written.finish === 'length'
              ? w('write.length', { n: run.facts?.positions ?? 0 })
              : w(tokens.length === 0 ? 'write.nothing' : `write.${written.finish}`)}
          </p>
        </>
      )}
    </figure>
  );
}
