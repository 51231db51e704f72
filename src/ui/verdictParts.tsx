/**
 * What every verdict is made of: the lane of an arm, with that of the averaged copy that teaches it, and what is claimed of
 * the difference, with its interval. Units and words are given: points of a share (VerdictPanel.tsx), nats (LossVerdict.tsx).
 */
import type { Run } from '../store/run.ts';
import type { ArmScore, Difference, Verdict } from '../store/verdict.ts';
import { averageName } from './chartWords.ts';
import { armLook, armName, fill, line, text } from './palette.ts';
import { t, type Values } from './text.ts';

interface LaneProps {
  readonly run: Run;
  readonly score: ArmScore;
  /** Drawn as a line in the lane; null for none. */
  readonly teacher: number | null;
  /** From a value to a length in CSS. */
  place(value: number): string;
  /** The value in words, and more of it for a pointer that rests there. */
  figure(value: number): string;
  more?(value: number): string;
}

export function Lane({ run, score, teacher, place, figure, more }: LaneProps) {
  const look = armLook(run.spec.arms, score.arm);
  const { interval, value, average } = score;
  return (
    <>
      <div className="race-row">
        <span className="race-name" style={{ color: text(look) }}>
          {armName(run.spec.arms, score.arm)}
        </span>
        <span className="race-track">
          <span
            className="race-bar"
            style={{ width: place(value), background: fill(look), borderColor: line(look) }}
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
        <span className="race-value" title={more?.(value)}>
          {figure(value)}
        </span>
      </div>
      {average === null ? null : (
        <div className="race-row is-teacher">
          <span className="race-name" style={{ color: text(look) }}>
            {averageName(run, score.arm)}
          </span>
          <span className="race-track">
            <span className="race-line" style={{ left: place(average), background: line(look) }} />
          </span>
          <span className="race-value">{figure(average)}</span>
        </div>
      )}
    </>
  );
}

interface WordsProps {
  readonly run: Run;
  readonly verdict: Verdict;
  sentence(total: Difference): string;
  /** A bound of the interval, and the sentence that holds both. */
  bound(value: number): string;
  interval(kind: Verdict['basis'], values: Values): string;
  /** What is said of two arms, with a difference or with none shown. */
  rival(shown: boolean, values: Values): string;
}

/** No claim without a baseline; no gain is named where none is shown. */
export function VerdictWords(props: WordsProps) {
  const { verdict, sentence, bound, interval } = props;
  const { total, fromAnswers, fromSoftness } = verdict;
  if (total === null && verdict.rivals.length === 0)
    return <p className="quiet small">{t('verdict.noBaseline')}</p>;
  if (verdict.step === 0) return <p className="quiet small">{t('verdict.untrained')}</p>;
  if (total === null) return <Rivals {...props} />;
  const values = {
    low: bound(total.interval?.low ?? Number.NaN),
    high: bound(total.interval?.high ?? Number.NaN),
    ...{ k: verdict.wins, seeds: verdict.seeds },
  };
  return (
    <div className="verdict-words">
      <p className="verdict-sentence">
        {total.shown ? whose(props, sentence(total)) : whose(props, t('verdict.notShown'))}
      </p>
      <p className="hint">{interval(verdict.basis, values)}</p>
      {total.shown && fromAnswers?.shown === false ? (
        <p className="hint">{t('verdict.answersNotShown')}</p>
      ) : null}
      {total.shown && fromSoftness?.shown === false ? (
        <p className="hint">{t('verdict.softnessNotShown')}</p>
      ) : null}
      <Rivals {...props} />
    </div>
  );
}

/** Of several distilled arms the claim is about the first. */
function whose({ run, verdict }: WordsProps, part: string): string {
  const { arms } = run.spec;
  const arm = armName(
    arms,
    arms.findIndex(({ kind }) => kind === 'distilled'),
  );
  return verdict.rivals.length === 0 ? part : t('chart.ofArm', { arm, part });
}

function Rivals({ run, verdict, bound, rival }: WordsProps) {
  const name = (arm: number) => armName(run.spec.arms, arm);
  return verdict.rivals.map(({ arm, against, difference: { value, interval, shown } }) => (
    <p key={`${arm} ${against}`} className="hint">
      {rival(shown, {
        ...{ name: name(arm), other: name(against), value: bound(value) },
        ...{ low: bound(interval?.low ?? Number.NaN), high: bound(interval?.high ?? Number.NaN) },
      })}
    </p>
  ));
}
