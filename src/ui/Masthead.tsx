/**
 * What this run says, in one sentence and two numbers that are computed from it, and the one button that starts a live
 * one. The title follows the settings; no number here is written by hand.
 */
import type { RunFacts } from '../protocol/events.ts';
import { presets } from '../spec/presets.ts';
import { isText, type RunSpec } from '../spec/runSpec.ts';
import { headlineOf, headlineValue } from '../store/headline.ts';
import { expectedSeconds } from '../store/pace.ts';
import type { Run } from '../store/run.ts';
import { type ArmScore, stepOfRecording, verdictOf } from '../store/verdict.ts';
import { useApp, useController, useRun, useScene } from './appContext.tsx';
import { PlayIcon } from './icons.tsx';
import { useHidden } from './Lockable.tsx';
import { armLook, text } from './palette.ts';
import { article, bytes, count, figures, fixed, rich, t, timeSpan, whereItRan } from './text.ts';
import { useChanges, useFromPreset } from './useChanges.ts';

export function Masthead() {
  const run = useRun();
  return (
    <header className="masthead">
      <MastheadWords />
      <RunLive run={run} />
    </header>
  );
}

export function MastheadWords() {
  const run = useRun();
  const log = useScene(run);
  const draft = useApp((state) => state.draft);
  const offset = useApp((state) => state.view.offset);
  const facts = run?.facts ?? null;
  const awaited = useApp((state) => state.awaited);
  const from = useFromPreset();
  const busy = useApp((state) => state.activity !== 'idle');
  const noResult = useHidden('result');
  const verdict = facts === null || log === null ? null : verdictOf(facts, log, offset, stepOfRecording(run));
  return (
    <div className="masthead-words">
      <p className="eyebrow">{run === null ? eyebrowOfNone(from, awaited) : eyebrow(run, busy)}</p>
      <h2 className="title">{titleOf(run?.spec ?? draft, facts)}</h2>
      {noResult ? null : (
        <p className="masthead-line">
          {run === null ? (
            t('masthead.none')
          ) : (
            <Numbers run={run} scores={verdict?.scores ?? linkScores(run)} />
          )}
        </p>
      )}
    </div>
  );
}

/** Of settings that nobody has run. */
function eyebrowOfNone(from: ReturnType<typeof useFromPreset>, awaited: boolean): string {
  const preset = from?.preset.title ?? t('masthead.own');
  if (awaited) return preset;
  return t(from !== null && from.changes.length > 0 ? 'masthead.changed' : 'masthead.nothing', { preset });
}

function eyebrow(run: Run, busy: boolean): string {
  const own = ['file', 'text'].includes(run.spec.data.task);
  const preset = (own ? undefined : presets.get(run.presetId)?.title) ?? t('masthead.own');
  if (run.origin === 'link') return t('masthead.link', { preset });
  if (run.facts === null) {
    // A recording is there in a moment; a run that could not be prepared has not been run.
    if (run.origin === 'recording') return preset;
    return t(busy ? 'masthead.preparing' : 'masthead.nothing', { preset });
  }
  const adapter = whereItRan(run.facts);
  if (run.origin === 'live') return t('masthead.live', { preset, adapter });
  const seeds = run.log.replicates.length;
  return seeds > 1
    ? t('masthead.recordedSeeds', { preset, adapter, seeds })
    : t('masthead.recorded', { preset, adapter });
}

function titleOf(spec: Run['spec'], facts: RunFacts | null): string {
  const { data } = spec;
  const name = (label: number) => facts?.classNames[label] ?? String(label);
  const [first, second] = data.leaveOut;
  if (first !== undefined && second !== undefined) {
    const [a, an] = [name(first), name(second)].map(article);
    return t('title.twoUnseen', { first: name(first), second: name(second), a: a ?? 'a', an: an ?? 'a' });
  }
  if (first !== undefined) return t('title.unseen', { name: name(first), a: article(name(first)) });
  if (data.task === 'file') return t('title.file');
  if (isText(data)) return t(spec.teacher.source === 'none' ? 'title.textAlone' : 'title.text');
  if (data.labelNoise > 0) return t('title.noisy', { share: fixed(data.labelNoise * 100, 0) });
  if (data.labelled !== 'all') return t('title.few', { n: data.labelled });
  return t('title.plain');
}

type Score = Pick<ArmScore, 'arm' | 'kind' | 'value'>;

/** The ends of the curves that a link brought; none of any other run. */
function linkScores(run: Run): readonly Score[] {
  if (run.origin !== 'link') return [];
  const headline = headlineOf(run.spec);
  const last = run.log.last?.arms ?? [];
  return last
    .map((evaluation, arm) => ({
      ...{ arm, kind: run.spec.arms[arm]?.kind ?? 'labels' },
      value: headlineValue(evaluation, headline),
    }))
    .filter(({ value }) => Number.isFinite(value));
}

function Numbers({ run, scores }: { run: Run; scores: readonly Score[] }) {
  const of = headlineOf(run.spec).kind;
  const digits = of === 'recall' ? 0 : 1;
  const number = (kind: 'distilled' | 'labels') => {
    const score = scores.find((one) => one.kind === kind);
    if (score === undefined) return '–';
    return (
      <strong style={{ color: text(armLook(run.spec.arms, score.arm)) }}>
        {of === 'loss' ? figures(score.value) : fixed(score.value * 100, digits)}
      </strong>
    );
  };
  // Of two classes that nobody showed the number is about the first.
  const [first, second] = run.spec.data.leaveOut;
  const name = run.facts?.classNames[first ?? 0] ?? String(first);
  const whose = second === undefined ? '' : t('masthead.of', { name });
  const values = { distilled: number('distilled'), labels: number('labels'), of: whose };
  const has = (kind: 'distilled' | 'labels') => scores.some((one) => one.kind === kind);
  // A sentence about an arm that is not in the race would have no number.
  if (has('distilled')) return rich(has('labels') ? `masthead.${of}` : `masthead.${of}Distilled`, values);
  return has('labels') ? rich(`masthead.${of}Alone`, values) : t('masthead.none');
}

/** The engine's script, as a host sends it; it comes with the first live run of a visit. */
const engineBytes = 250_000;

function RunLive({ run }: { run: Run | null }) {
  const controller = useController();
  const activity = useApp((state) => state.activity);
  const progress = useApp((state) => state.progress);
  const changes = useChanges();
  const draft = useApp((state) => state.draft);
  const opened = useApp((state) => state.gate !== null);
  const recorded = useApp(({ runs, presetId }) =>
    runs.find((one) => one.presetId === presetId && one.facts !== null),
  );
  const known = run?.facts ?? recorded?.facts ?? null;
  // One that could not be prepared is no run yet.
  const live = run?.origin === 'live' && run.facts !== null;
  const busy = activity !== 'idle';
  if (live && !busy && changes.length === 0) return null;
  return (
    <div className="run-live">
      <button
        type="button"
        className="primary large"
        disabled={busy}
        onClick={() => void controller.runLive()}
      >
        <PlayIcon />
        {busy
          ? t('live.preparing')
          : live
            ? t(changes.length === 1 ? 'apply.one' : 'apply.many', { n: changes.length })
            : t('live.button')}
      </button>
      <p className="hint" aria-live="off">
        {busy
          ? progress === null
            ? t('live.opening')
            : t(`stage.${progress.stage}`, { share: share(progress.done, progress.total) })
          : live
            ? t('live.restarts')
            : costText(known, draft.teacher, opened ? 0 : engineBytes)}
      </p>
      {busy ? null : <TimeHint recorded={run?.origin === 'recording' && changes.length === 0 ? run : null} />}
      {busy && progress !== null && progress.total > 0 ? (
        <progress value={progress.done} max={progress.total} aria-label={t('live.progress')} />
      ) : null}
      {activity === 'preparing' && run?.facts === null ? (
        <button type="button" className="plain" onClick={() => controller.cancel()}>
          {t('live.cancel')}
        </button>
      ) : null}
    </div>
  );
}

/** How long the run will take, where one like it has run in this browser; else how long the recorded one took there. */
function TimeHint({ recorded }: { recorded: Run | null }) {
  const seconds = expectedSeconds(useApp((state) => state.draft));
  const there = recorded?.recordedSeconds ?? null;
  if (seconds !== null) return <p className="hint">{t('live.expected', { span: timeSpan(seconds) })}</p>;
  return there === null ? null : <p className="hint">{t('live.recordedIn', { span: timeSpan(there) })}</p>;
}

function share(done: number, total: number): string {
  return total > 0 ? `${count((100 * done) / total)} %` : '';
}

/** What is fetched before the first step, by what the shown run or the preset's recorded one knows of the same teacher. */
function costText(facts: RunFacts | null, teacher: RunSpec['teacher'], engine: number): string {
  const shipped = teacher.source === 'several' && teacher.members.some(({ source }) => source === 'builtin');
  if (shipped) return t('live.costOfTeachers');
  if (teacher.source !== 'builtin') return t('live.noCost');
  const known = facts?.spec.teacher;
  const same = known?.source === 'builtin' && known.id === teacher.id ? facts?.teacher : undefined;
  if (teacher.delivery === 'live')
    return same === undefined
      ? t('live.costOfTeacher')
      : t('live.cost', { size: bytes(same.bytes + engine) });
  const packBytes = same?.packBytes;
  return packBytes === undefined
    ? t('live.costOfAnswers')
    : t('live.cost', { size: bytes(packBytes + engine) });
}
