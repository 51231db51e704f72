/**
 * The race of models of language: held-out loss of each arm against its teacher's and the true entropy, and the sentence that
 * says what distillation gave, with its interval. Less is better.
 */
import type { Run } from '../../store/run.ts';
import type { Difference, Verdict } from '../../store/verdict.ts';
import { figures, fixed, t } from '../text.ts';
import { Lane, VerdictWords } from '../verdictParts.tsx';
import { w } from './words.ts';

export function LossVerdict({ run, verdict }: { run: Run; verdict: Verdict }) {
  return (
    <>
      <Lanes run={run} verdict={verdict} />
      <VerdictWords
        run={run}
        verdict={verdict}
        sentence={(total) => sentence(verdict, total)}
        rival={(shown, { value, ...values }) =>
          w(shown ? 'verdict.rival' : 'verdict.rivalNotShown', { ...values, value: signed(String(value)) })
        }
        bound={(value) => fixed(value, 3)}
        interval={(kind, values) => w(kind === 'run' ? 'verdict.oneRun' : 'verdict.seeds', values)}
      />
    </>
  );
}

/** Which way a difference goes, where the number does not say it. */
function signed(number: string): string {
  return /^[−–]/.test(number) ? number : `+${number}`;
}

function Lanes({ run, verdict }: { run: Run; verdict: Verdict }) {
  const order = [...verdict.scores].sort((a, b) => a.value - b.value || a.arm - b.arm);
  const floor = run.facts?.teacher.language?.floor ?? null;
  const copies = verdict.scores.map(({ average }) => average);
  const marks = [verdict.teacher, floor, ...copies].filter((one) => one !== null);
  const lows = [...verdict.scores.map(({ interval, value }) => interval?.low ?? value), ...marks];
  const highs = [...verdict.scores.map(({ interval, value }) => interval?.high ?? value), ...marks];
  const low = Math.max(0, Math.floor(Math.min(...lows) * 10 - 0.5) / 10);
  const reach = Math.max(1e-6, Math.max(...highs) - low) * 1.04;
  const place = (value: number) => `${(100 * Math.max(0, value - low)) / reach}%`;
  return (
    <div className="race">
      {verdict.teacher === null ? null : (
        <Mark name={t('arm.teacher')} value={verdict.teacher} place={place} stem="teacher" />
      )}
      {order.map((score) => (
        <Lane
          key={score.arm}
          {...{ run, score, place, teacher: null }}
          figure={(value) => fixed(value, 3)}
          more={(value) => w('verdict.perplexity', { value: figures(Math.exp(value)) })}
        />
      ))}
      {floor === null ? null : <Mark name={w('verdict.floor')} value={floor} place={place} stem="labels" />}
      <p className="hint">{w('verdict.axis', { low: figures(low) })}</p>
    </div>
  );
}

interface MarkProps {
  readonly name: string;
  readonly value: number;
  readonly stem: 'teacher' | 'labels';
  place(value: number): string;
}

function Mark({ name, value, stem, place }: MarkProps) {
  return (
    <div className="race-row is-teacher">
      <span className="race-name" style={{ color: `var(--${stem}-text)` }}>
        {name}
      </span>
      <span className="race-track">
        <span className="race-line" style={{ left: place(value), background: `var(--${stem}-line)` }} />
      </span>
      <span className="race-value">{fixed(value, 3)}</span>
    </div>
  );
}

function sentence({ fromAnswers, fromSoftness }: Verdict, { value }: Difference): string {
  const direction = w(value < 0 ? 'verdict.less' : 'verdict.more');
  const size = (difference: number) => fixed(Math.abs(difference), 3);
  // Either part may work against the whole, so each says which way it goes.
  const part = (name: 'answers' | 'softness', difference: number) =>
    w(`verdict.${name}.${difference < 0 ? 'less' : 'more'}`, { nats: size(difference) });
  if (fromAnswers === null || fromSoftness === null)
    return w('verdict.total', { total: size(value), direction });
  return w('verdict.split', {
    ...{ total: size(value), direction },
    ...{ answers: part('answers', fromAnswers.value), softness: part('softness', fromSoftness.value) },
  });
}
