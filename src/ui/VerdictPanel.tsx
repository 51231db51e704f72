/**
 * The race and what it showed: each arm's final number against the teacher's line, the sentence that splits the gain,
 * its interval, what each arm was shown, and "Repeat with 5 seeds".
 */

import { expectedSeconds } from '../store/pace.ts';
import type { Run } from '../store/run.ts';
import { type Difference, stepOfRecording, type Verdict, verdictOf } from '../store/verdict.ts';
import { useApp, useController, useScene } from './appContext.tsx';
import { className, headlineText } from './chartWords.ts';
import { late } from './late.tsx';
import { armName } from './palette.ts';
import { count, fixed, percent, points, t, timeLeft, timeSpan } from './text.ts';
import { Lane, VerdictWords } from './verdictParts.tsx';

const LossVerdict = late(() => import('./language/LossVerdict.tsx').then((module) => module.LossVerdict));

export function VerdictPanel({ run }: { run: Run }) {
  const log = useScene(run);
  const offset = useApp((state) => state.view.offset);
  const { facts } = run;
  const verdict = facts === null || log === null ? null : verdictOf(facts, log, offset, stepOfRecording(run));
  return (
    <section className="card verdict" aria-labelledby="verdict-title">
      <h2 id="verdict-title">{t('verdict.title')}</h2>
      {verdict === null ? (
        <p className="quiet">{t(run.origin === 'link' ? 'verdict.fromLink' : 'verdict.none')}</p>
      ) : (
        <>
          <p className="hint">{measureText(run, verdict)}</p>
          {verdict.headline.kind === 'loss' ? (
            <LossVerdict run={run} verdict={verdict} />
          ) : (
            <>
              <Race run={run} verdict={verdict} />
              <VerdictWords
                run={run}
                verdict={verdict}
                sentence={(total) => sentence(verdict, total)}
                rival={(shown, values) => t(shown ? 'verdict.rival' : 'verdict.rivalNotShown', values)}
                bound={points}
                interval={(kind, values) => t(kind === 'run' ? 'verdict.oneRun' : 'verdict.seeds', values)}
              />
            </>
          )}
          <Details run={run} verdict={verdict} />
        </>
      )}
      <Repeat run={run} verdict={verdict} />
      <SweepLink />
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
        <Lane
          key={score.arm}
          {...{ run, score, place, teacher: verdict.teacher }}
          figure={(value) => percent(value)}
        />
      ))}
      {low > 0 ? <p className="hint">{t('verdict.axis', { low: percent(low, 0) })}</p> : null}
    </div>
  );
}

/** Where the lanes begin, when all arms are far from nothing: a round number below the lowest. */
function floorOf(verdict: Verdict): number {
  const lowest = Math.min(
    ...verdict.scores.map(({ interval, value, average }) => Math.min(interval?.low ?? value, average ?? 1)),
  );
  return Math.max(0, Math.min(0.9, Math.floor(lowest * 10 - 0.5) / 10));
}

function sentence({ fromAnswers, fromSoftness }: Verdict, { value }: Difference): string {
  if (fromAnswers === null || fromSoftness === null) return t('verdict.total', { total: points(value) });
  return t('verdict.split', {
    total: points(value),
    answers: points(fromAnswers.value).replace(/^\+/, ''),
    softness: points(fromSoftness.value).replace(/^\+/, ''),
  });
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
  const busy = useApp((state) => state.activity !== 'idle' || state.sweep !== null);
  const seconds = expectedSeconds(run.spec);
  if (repeat !== null) {
    const done = repeat.index + repeat.step / Math.max(1, repeat.total);
    const words = t('repeat.progress', { n: repeat.index + 1, count: repeat.count });
    const left = seconds === null ? '' : `, ${timeLeft(seconds * (repeat.count - done))}`;
    return (
      <div className="repeat">
        <progress value={done} max={repeat.count} aria-label={t('repeat.label')} />
        <p className="hint">
          {words}
          {left}
        </p>
      </div>
    );
  }
  if (run.origin !== 'live') return null;
  return (
    <div className="repeat">
      <button type="button" disabled={busy || run.facts === null} onClick={() => controller.repeat(5)}>
        {t('repeat.button')}
      </button>
      <p className="hint">
        {verdict?.basis === 'seeds' ? t('repeat.again') : t('repeat.why')}
        {seconds === null ? null : ` ${t('repeat.takes', { span: timeSpan(5 * seconds) })}`}
      </p>
    </div>
  );
}

/** The card below, which is loaded by then, opened and brought into sight. */
function SweepLink() {
  const learn = useApp((state) => state.level === 'learn');
  if (learn) return null;
  const open = () => {
    const card = document.querySelector('.sweep details');
    if (!(card instanceof HTMLDetailsElement)) return;
    card.open = true;
    card.querySelector('summary')?.focus({ preventScroll: true });
    card.scrollIntoView();
  };
  return (
    <button type="button" className="plain" onClick={open}>
      {t('repeat.sweep')}
    </button>
  );
}
