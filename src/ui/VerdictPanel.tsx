/**
 * The race and what it showed: each arm's final number against the teacher's line, the sentence that splits the gain,
 * its interval, what each arm was shown, and "Repeat with 5 seeds".
 */
import { lazy, Suspense } from 'react';
import type { Run } from '../store/run.ts';
import { type ArmScore, type Difference, type Verdict, verdictOf } from '../store/verdict.ts';
import { useApp, useController, useScene } from './appContext.tsx';
import { className, headlineText } from './chartWords.ts';
import { armLook, armName, fill, line, text } from './palette.ts';
import { count, fixed, percent, points, t } from './text.ts';

const LossVerdict = lazy(() =>
  import('./language/LossVerdict.tsx').then((module) => ({ default: module.LossVerdict })),
);

export function VerdictPanel({ run }: { run: Run }) {
  const log = useScene(run);
  const offset = useApp((state) => state.view.offset);
  const { facts } = run;
  const verdict = facts === null || log === null ? null : verdictOf(facts, log, offset);
  return (
    <section className="card verdict" aria-labelledby="verdict-title">
      <h2 id="verdict-title">{t('verdict.title')}</h2>
      {verdict === null ? (
        <p className="quiet">{t('verdict.none')}</p>
      ) : (
        <>
          <p className="hint">{measureText(run, verdict)}</p>
          {verdict.headline.kind === 'loss' ? (
            <Suspense fallback={null}>
              <LossVerdict run={run} verdict={verdict} />
            </Suspense>
          ) : (
            <>
              <Race run={run} verdict={verdict} />
              <Sentence verdict={verdict} />
            </>
          )}
          <Details run={run} verdict={verdict} />
        </>
      )}
      <Repeat run={run} verdict={verdict} />
    </section>
  );
}

function measureText(run: Run, verdict: Verdict): string {
  const step = count(verdict.step);
  if (verdict.headline.kind === 'loss') return t('verdict.ofLoss', { step });
  if (verdict.headline.kind === 'accuracy') return t('verdict.ofAccuracy', { step });
  return t('verdict.ofRecall', { step, name: className(run, verdict.headline.label) });
}

function Race({ run, verdict }: { run: Run; verdict: Verdict }) {
  const order = [...verdict.scores].sort((a, b) => b.value - a.value || a.arm - b.arm);
  const low = verdict.headline.kind === 'recall' ? 0 : floorOf(verdict);
  const place = (value: number) => `${(100 * Math.max(0, value - low)) / (1 - low)}%`;
  return (
    <div className="race">
      {verdict.teacher === null ? null : (
        <div className="race-row is-teacher">
          <span className="race-name" style={{ color: 'var(--teacher-text)' }}>
            {t('arm.teacher')}
          </span>
          <span className="race-track">
            <span className="race-line" style={{ left: place(verdict.teacher) }} />
          </span>
          <span className="race-value">{percent(verdict.teacher)}</span>
        </div>
      )}
      {order.map((score) => (
        <Lane key={score.arm} run={run} score={score} place={place} teacher={verdict.teacher} />
      ))}
      {low > 0 ? <p className="hint">{t('verdict.axis', { low: percent(low, 0) })}</p> : null}
    </div>
  );
}

/** Where the lanes begin, when all arms are far from nothing: a round number below the lowest. */
function floorOf(verdict: Verdict): number {
  const lowest = Math.min(...verdict.scores.map((score) => score.interval?.low ?? score.value));
  return Math.max(0, Math.min(0.9, Math.floor(lowest * 10 - 0.5) / 10));
}

interface LaneProps {
  readonly run: Run;
  readonly score: ArmScore;
  readonly teacher: number | null;
  place(value: number): string;
}

function Lane({ run, score, place, teacher }: LaneProps) {
  const look = armLook(run.spec.arms, score.arm);
  const { interval } = score;
  return (
    <div className="race-row">
      <span className="race-name" style={{ color: text(look) }}>
        {armName(run.spec.arms, score.arm)}
      </span>
      <span className="race-track">
        <span
          className="race-bar"
          style={{ width: place(score.value), background: fill(look), borderColor: line(look) }}
        />
        {teacher === null ? null : <span className="race-line" style={{ left: place(teacher) }} />}
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
      <span className="race-value">{percent(score.value)}</span>
    </div>
  );
}

function Sentence({ verdict }: { verdict: Verdict }) {
  const { total, fromAnswers, fromSoftness } = verdict;
  if (total === null) return null;
  if (!total.shown) {
    return (
      <div className="verdict-words">
        <p className="verdict-sentence">{t('verdict.notShown')}</p>
        <p className="hint">{intervalText(total, verdict)}</p>
      </div>
    );
  }
  return (
    <div className="verdict-words">
      <p className="verdict-sentence">
        {fromAnswers === null || fromSoftness === null
          ? t('verdict.total', { total: points(total.value) })
          : t('verdict.split', {
              total: points(total.value),
              answers: points(fromAnswers.value).replace(/^\+/, ''),
              softness: points(fromSoftness.value).replace(/^\+/, ''),
            })}
      </p>
      <p className="hint">{intervalText(total, verdict)}</p>
      {fromSoftness !== null && !fromSoftness.shown ? (
        <p className="hint">{t('verdict.softnessNotShown')}</p>
      ) : null}
    </div>
  );
}

function intervalText(difference: Difference, verdict: Verdict): string {
  const low = points(difference.interval?.low ?? Number.NaN);
  const high = points(difference.interval?.high ?? Number.NaN);
  if (verdict.basis === 'run') return t('verdict.oneRun', { low, high });
  return t('verdict.seeds', { low, high, k: verdict.wins, seeds: verdict.seeds });
}

function Details({ run, verdict }: { run: Run; verdict: Verdict }) {
  const { facts } = run;
  if (facts === null) return null;
  const { gapRecovered, softShare } = verdict;
  return (
    <details className="verdict-more">
      <summary>{t('verdict.saw')}</summary>
      <dl className="facts">
        {facts.arms.map((arm, index) => (
          <div key={armName(run.spec.arms, index)}>
            <dt>{armName(run.spec.arms, index)}</dt>
            <dd>{sawText(arm.labels, arm.teacherAnswers)}</dd>
          </div>
        ))}
        <div>
          <dt>{t('arm.teacher')}</dt>
          <dd>
            {facts.teacher.trainedOn === null
              ? t('verdict.sawUnknown')
              : t('verdict.sawTeacher', { n: facts.teacher.trainedOn })}
          </dd>
        </div>
        {verdict.basis === 'seeds' ? (
          <>
            <div>
              <dt>{t('verdict.gap')}</dt>
              <dd>{ratioText(gapRecovered)}</dd>
            </div>
            <div>
              <dt>{t('verdict.softShare')}</dt>
              <dd>{ratioText(softShare)}</dd>
            </div>
          </>
        ) : null}
        {verdict.scores.map((score) =>
          score.best === null ? null : (
            <div key={score.arm}>
              <dt>{t('verdict.best', { name: armName(run.spec.arms, score.arm) })}</dt>
              <dd>
                {t('verdict.bestAt', {
                  value: headlineText(verdict.headline, score.best.value),
                  step: score.best.step,
                })}
              </dd>
            </div>
          ),
        )}
      </dl>
    </details>
  );
}

function sawText(labels: number, answers: number): string {
  if (answers === 0) return t('verdict.sawLabels', { labels });
  if (labels === 0) return t('verdict.sawAnswers', { answers });
  return t('verdict.sawBoth', { labels, answers });
}

function ratioText(ratio: Verdict['gapRecovered']): string {
  if (ratio === null) return '–';
  const { value, interval } = ratio;
  return t('verdict.ratio', {
    value: percent(value, 0),
    low: fixed(interval.low * 100, 0),
    high: fixed(interval.high * 100, 0),
  });
}

function Repeat({ run, verdict }: { run: Run; verdict: Verdict | null }) {
  const controller = useController();
  const repeat = useApp((state) => state.repeat);
  const busy = useApp((state) => state.activity !== 'idle');
  if (repeat !== null) {
    const done = repeat.index + repeat.step / Math.max(1, repeat.total);
    const words = t('repeat.progress', { n: repeat.index + 1, count: repeat.count });
    return (
      <div className="repeat">
        <progress value={done} max={repeat.count} aria-label={t('repeat.label')} />
        <p className="hint">{words}</p>
      </div>
    );
  }
  if (run.origin !== 'live') return null;
  return (
    <div className="repeat">
      <button type="button" disabled={busy || run.facts === null} onClick={() => controller.repeat(5)}>
        {t('repeat.button')}
      </button>
      <p className="hint">{verdict?.basis === 'seeds' ? t('repeat.again') : t('repeat.why')}</p>
    </div>
  );
}
