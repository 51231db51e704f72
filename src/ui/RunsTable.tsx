/** The runs of this page: name, what changed, final numbers; pin, compare, delete. */

import { presets } from '../spec/presets.ts';
import { isText } from '../spec/runSpec.ts';
import { headlineOf, headlineValue } from '../store/headline.ts';
import type { Run } from '../store/run.ts';
import { type Verdict, verdictOf } from '../store/verdict.ts';
import { useApp, useController, useScene } from './appContext.tsx';
import { headlineText } from './chartWords.ts';
import { settingLabel } from './Field.tsx';
import { armLook, armName, text } from './palette.ts';
import { shownAs } from './ShownRun.tsx';
import { count, figures, percent, t } from './text.ts';
import { changeText, shown } from './What.tsx';

export function RunsTable() {
  const runs = useApp((state) => state.runs);
  const anyText = runs.some(({ spec }) => isText(spec.data));
  const order = [...runs].sort((a, b) => Number(b.pinned) - Number(a.pinned));
  return (
    <section className="card runs" aria-labelledby="runs-title">
      <h2 id="runs-title">{t('runs.title')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <div className="table-box" tabIndex={0} role="group" aria-labelledby="runs-title">
        <table aria-labelledby="runs-title">
          <thead>
            <tr>
              <th scope="col">{t('runs.name')}</th>
              <th scope="col">{t('runs.changed')}</th>
              <th scope="col">{t('runs.step')}</th>
              <th scope="col">{t('runs.result')}</th>
              <th scope="col">{t(anyText ? 'runs.accuracyOr' : 'runs.accuracy')}</th>
              <th scope="col">
                <span className="visually-hidden">{t('runs.actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {order.map((run) => (
              <Row key={run.id} run={run} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ run }: { run: Run }) {
  const currentId = useApp((state) => state.currentId);
  const controller = useController();
  const mixed = useApp(({ runs }) => runs.some((other) => placeOf(other) !== placeOf(run)));
  const current = run.id === currentId;
  return (
    <tr className={current ? 'is-current' : undefined} aria-current={current ? 'true' : undefined}>
      <th scope="row">
        <button type="button" className="link" disabled={current} onClick={() => controller.show(run.id)}>
          {run.name}
        </button>
        <span className="tag">
          {run.origin === 'live' ? shownAs(run, false, false) : t(`runs.${run.origin}`)}
        </span>
      </th>
      <td className="quiet runs-changed" data-label={t('runs.changed')}>
        {mixed && run.origin !== 'recording' ? `${placeOf(run)}: ` : ''}
        {changedText(run)}
      </td>
      {/* The result of a recording is that of its end, wherever it plays. */}
      <td data-label={t('runs.step')}>
        {count(run.origin === 'recording' ? run.spec.training.steps : run.step)}
      </td>
      <Result run={run} />
      <td className="runs-actions">
        <label className="check">
          <input
            type="checkbox"
            checked={run.compared}
            disabled={current}
            onChange={(event) => controller.mark(run.id, { compared: event.currentTarget.checked })}
          />
          <span>
            {t('runs.compare')}
            <span className="visually-hidden"> {run.name}</span>
          </span>
        </label>
        <button
          type="button"
          className="plain"
          aria-pressed={run.pinned}
          onClick={() => controller.mark(run.id, { pinned: !run.pinned })}
        >
          {t('runs.pin')}
          <span className="visually-hidden"> {run.name}</span>
        </button>
        <button
          type="button"
          className="plain"
          disabled={current || run.pinned}
          onClick={() => controller.delete(run.id)}
        >
          {t('runs.delete')}
          <span className="visually-hidden"> {run.name}</span>
        </button>
      </td>
    </tr>
  );
}

/** Of which preset a run is: it says so where the table has runs of several. */
function placeOf({ presetId, spec: { data } }: Run): string {
  const own = data.task === 'file' || data.task === 'text';
  return (own ? undefined : presets.get(presetId)?.title) ?? t('masthead.own');
}

/** Three items at most, then how many more. */
export function changedText(run: Run): string {
  const all = [...run.changes.map(changeText), ...movedText(run)];
  if (all.length === 0) return t(run.origin === 'live' ? 'runs.same' : 'runs.asPreset');
  const items = all.slice(0, 3);
  const rest = all.length - items.length;
  return rest > 0 ? `${items.join(' · ')} · ${t('runs.more', { n: rest })}` : items.join(' · ');
}

/** What was changed while it ran: the last value of each setting, and when. A recording is shown as it was made. */
function movedText(run: Run): readonly string[] {
  if (run.origin !== 'live') return [];
  const last = new Map(run.log.events.map((event) => [event.path, event]));
  return [...last.values()].map(({ path, value, step }) =>
    t('runs.moved', { name: settingLabel(path), value: shown(value), step }),
  );
}

/** Of the distilled arm, or of the first where there is none: exp of nats a token. */
function perplexityText({ scores }: Verdict, distilled: number): string {
  const score = scores[Math.max(0, distilled)];
  return score === undefined ? '–' : t('runs.perplexity', { value: figures(Math.exp(score.value)) });
}

/** The last points of the curves that a link brought. */
function LinkScores({ run }: { run: Run }) {
  const headline = headlineOf(run.spec);
  return run.spec.arms.map((_, arm) => {
    const last = run.log.last?.arms[arm];
    const value = last === undefined ? Number.NaN : headlineValue(last, headline);
    return Number.isNaN(value) ? null : (
      <span
        key={armName(run.spec.arms, arm)}
        className="runs-score"
        style={{ color: text(armLook(run.spec.arms, arm)) }}
      >
        {armName(run.spec.arms, arm)} {headlineText(headline, value)}
      </span>
    );
  });
}

function Result({ run }: { run: Run }) {
  const log = useScene(run);
  const offset = useApp((state) => state.view.offset);
  const verdict = run.facts === null || log === null ? null : verdictOf(run.facts, log, offset);
  if (verdict === null) {
    return (
      <>
        <td data-label={t('runs.result')}>{run.origin === 'link' ? <LinkScores run={run} /> : '–'}</td>
        <td data-label={t('runs.accuracy')}>–</td>
      </>
    );
  }
  const distilled = run.spec.arms.findIndex((arm) => arm.kind === 'distilled');
  const seeds = log?.replicates.filter((one) => one.finished) ?? [];
  const accuracies = seeds.length > 1 ? seeds.flatMap((one) => one.arms[distilled]?.accuracy ?? []) : [];
  const own = log?.last?.arms[distilled]?.accuracy ?? Number.NaN;
  const accuracy =
    accuracies.length > 0 ? accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length : own;
  return (
    <>
      <td data-label={t('runs.result')}>
        {verdict.scores.map(({ arm, value, average }) => (
          <span key={arm} className="runs-score" style={{ color: text(armLook(run.spec.arms, arm)) }}>
            {armName(run.spec.arms, arm)} {headlineText(verdict.headline, value)}
            {average === null
              ? null
              : ` (${t('runs.average', { value: headlineText(verdict.headline, average) })})`}
          </span>
        ))}
        {headlineOf(run.spec).kind === 'recall' ? <span className="tag">{t('runs.recall')}</span> : null}
      </td>
      {verdict.headline.kind === 'loss' ? (
        <td>{perplexityText(verdict, distilled)}</td>
      ) : (
        <td data-label={t('runs.accuracy')}>{percent(accuracy)}</td>
      )}
    </>
  );
}
