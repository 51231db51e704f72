/**
 * The race of models of language: held-out loss of each arm against its teacher's and the true entropy, and the sentence that
 * says what distillation gave, with its interval. Less is better.
 */
import type { Run } from '../../store/run.ts';
import type { ArmScore, Difference, Verdict } from '../../store/verdict.ts';
import { armLook, armName, fill, line, text } from '../palette.ts';
import { figures, fixed, t } from '../text.ts';
import { w } from './words.ts';

export function LossVerdict({ run, verdict }: { run: Run; verdict: Verdict }) {
  return (
    <>
      <Lanes run={run} verdict={verdict} />
      <Sentence verdict={verdict} />
    </>
  );
}

function Lanes({ run, verdict }: { run: Run; verdict: Verdict }) {
  const order = [...verdict.scores].sort((a, b) => a.value - b.value || a.arm - b.arm);
  const floor = run.facts?.teacher.language?.floor ?? null;
  const marks = [verdict.teacher, floor].filter((one) => one !== null);
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
        <Lane key={score.arm} run={run} score={score} place={place} />
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

function Lane({ run, score, place }: { run: Run; score: ArmScore; place(value: number): string }) {
  const look = armLook(run.spec.arms, score.arm);
  const { interval, value } = score;
  return (
    <div className="race-row">
      <span className="race-name" style={{ color: text(look) }}>
        {armName(run.spec.arms, score.arm)}
      </span>
      <span className="race-track">
        <span
          className="race-bar"
          style={{ width: place(value), background: fill(look), borderColor: line(look) }}
        />
        {interval === null ? null : (
          <span
            className="race-interval"
            style={{
              left: place(interval.low),
              width: `calc(${place(interval.high)} - ${place(interval.low)})`,
            }}
          />
        )}
      </span>
      <span className="race-value" title={w('verdict.perplexity', { value: figures(Math.exp(value)) })}>
        {fixed(value, 3)}
      </span>
    </div>
  );
}

function Sentence({ verdict }: { verdict: Verdict }) {
  const { total, fromAnswers, fromSoftness } = verdict;
  if (total === null) return null;
  if (!total.shown) {
    return (
      <div className="verdict-words">
        <p className="verdict-sentence">{w('verdict.notShown')}</p>
        <p className="hint">{intervalText(total, verdict)}</p>
      </div>
    );
  }
  const direction = w(total.value < 0 ? 'verdict.less' : 'verdict.more');
  // Signs are as the sentence has them: what makes it less counts for less.
  const part = (difference: Difference) => fixed(Math.sign(total.value) * difference.value, 3);
  return (
    <div className="verdict-words">
      <p className="verdict-sentence">
        {fromAnswers === null || fromSoftness === null
          ? w('verdict.total', { total: part(total), direction })
          : w('verdict.split', {
              ...{ total: part(total), direction },
              ...{ answers: part(fromAnswers), softness: part(fromSoftness) },
            })}
      </p>
      <p className="hint">{intervalText(total, verdict)}</p>
      {fromSoftness !== null && !fromSoftness.shown ? (
        <p className="hint">{w('verdict.softnessNotShown')}</p>
      ) : null}
    </div>
  );
}

function intervalText({ interval }: Difference, verdict: Verdict): string {
  const [low, high] = [fixed(interval?.low ?? Number.NaN, 3), fixed(interval?.high ?? Number.NaN, 3)];
  if (verdict.basis === 'run') return w('verdict.oneRun', { low, high });
  return w('verdict.seeds', { low, high, k: verdict.wins, seeds: verdict.seeds });
}
