/** What a sweep has shown: the picture, the value under its cursor, which is best and how sure that is, the table, the file. */
import { useMemo, useState } from 'react';
import type { RunSpec } from '../../spec/runSpec.ts';
import { readPath } from '../../store/paths.ts';
import type { Run } from '../../store/run.ts';
import type { SweepLog } from '../../store/sweep.ts';
import { sweepChoices } from '../../store/sweepChoices.ts';
import { type SweepView, sweepTable, sweepView } from '../../store/sweepView.ts';
import { useApp, useAppStore, useController } from '../appContext.tsx';
import { className, headlineText } from '../chartWords.ts';
import { useLocked } from '../Lockable.tsx';
import { armLook, armName, text } from '../palette.ts';
import { saveFile } from '../saveFile.ts';
import { count, figures, fixed, t } from '../text.ts';
import { SweepPlot } from './SweepPlot.tsx';
import { gapText, pathLabel, scoreText, valueText } from './sweepWords.ts';
import { l } from './words.ts';

interface Props {
  readonly run: Run;
  readonly sweep: SweepLog;
}

export function SweepResult({ run, sweep }: Props) {
  const offset = useApp((state) => state.view.offset);
  const going = useApp((state) => state.sweep !== null);
  const view = useMemo(() => sweepView(sweep, offset), [sweep, offset]);
  const [chosen, setChosen] = useState<number | null>(null);
  const { spec } = sweep;
  const label = useMemo(() => pathLabel(sweep.path, sweepChoices(spec, 'lab'), spec), [sweep.path, spec]);
  const told = tellingArms(spec);
  const best = view.best[told[0] ?? 0]?.value;
  const known = chosen !== null && view.values.includes(chosen) ? chosen : undefined;
  const at = known ?? best ?? view.values[0] ?? 0;
  const words = `${label} = ${valueText(at)}: ${scoresAt(view, spec, at)}`;
  return (
    <div className="sweep-result">
      <div className="chart-head">
        <h3>{l('sweep.against', { measure: measureText(run, view), name: label })}</h3>
      </div>
      {view.done === 0 ? (
        <p className="quiet">{l('sweep.first')}</p>
      ) : (
        <>
          <SweepPlot {...{ view, label, at }} arms={spec.arms} spoken={words} onMove={setChosen} />
          <div className="row sweep-at">
            <p className="small">{words}</p>
            <Use sweep={sweep} value={at} />
          </div>
          {told.map((arm) => (
            <Best key={armName(spec.arms, arm)} {...{ view, spec, arm, label, going }} />
          ))}
          {told.some((arm) => (view.best[arm]?.next ?? null) !== null) ? (
            <p className="hint">{l('sweep.chosen')}</p>
          ) : null}
          {view.failed.map(({ value, seed, reason }) => (
            <p key={`${value} ${seed}`} className="hint is-warning">
              {l('sweep.failed', { name: label, value: valueText(value), seed: String(seed), reason })}
            </p>
          ))}
          <Table {...{ view, sweep, label }} />
          <Save run={run} sweep={sweep} />
        </>
      )}
      <p className="visually-hidden" role="status">
        {going ? '' : l('sweep.over', { done: view.done, wanted: view.wanted })}
      </p>
    </div>
  );
}

/** All distilled arms, or the first where there is none. */
function tellingArms({ arms }: RunSpec): readonly number[] {
  const distilled = arms.flatMap(({ kind }, arm) => (kind === 'distilled' ? [arm] : []));
  return distilled.length > 0 ? distilled : [0];
}

function measureText(run: Run, { headline }: SweepView): string {
  if (headline.kind === 'loss') return l('sweep.loss');
  if (headline.kind === 'accuracy') return l('sweep.accuracy');
  return l('sweep.recall', { name: className(run, headline.label) });
}

function scoresAt(view: SweepView, { arms }: RunSpec, value: number): string {
  const scores = view.arms.flatMap((points, arm) => {
    const point = points.find((one) => one.value === value);
    return point === undefined ? [] : [`${armName(arms, arm)} ${scoreText(view.headline, point)}`];
  });
  return scores.length === 0 ? l('sweep.noneYet') : scores.join(', ');
}

interface BestProps {
  readonly view: SweepView;
  readonly spec: RunSpec;
  readonly arm: number;
  readonly label: string;
  readonly going: boolean;
}

function Best({ view, spec, arm, label, going }: BestProps) {
  const best = view.best[arm] ?? null;
  const lead = best?.next ?? null;
  // One value alone is the best of nothing.
  if (best === null || lead === null) return null;
  const { headline } = view;
  const name = armName(spec.arms, arm);
  const values = {
    arm: name,
    name: label,
    value: valueText(best.value),
    score: headlineText(headline, best.mean),
  };
  const soFar = going ? ` ${l('sweep.soFar')}` : '';
  return (
    <div className="verdict-words">
      <p className="verdict-sentence" style={{ color: text(armLook(spec.arms, arm)) }}>
        {lead.shown
          ? l('sweep.best', {
              ...values,
              gap: gapText(headline, lead.difference),
              next: valueText(lead.value),
            })
          : l(best.seeds === 1 ? 'sweep.bestOfOne' : 'sweep.bestMean', values)}
        {soFar}
      </p>
      <p className="hint">{sureText(view, lead, best.seeds)}</p>
    </div>
  );
}

/** How sure the lead over the next value is. */
function sureText(
  { headline }: SweepView,
  lead: NonNullable<NonNullable<SweepView['best'][number]>['next']>,
  seeds: number,
): string {
  const next = valueText(lead.value);
  const { interval } = lead;
  if (interval === null) return l('sweep.oneSeed', { gap: gapText(headline, lead.difference), next });
  // So many places that a narrow interval does not end in −0.0.
  const places = 100 * (interval.high - interval.low) < 1 ? 2 : 1;
  const bound = (gap: number) => (headline.kind === 'loss' ? figures(gap) : fixed(gap * 100, places));
  const values = { next, seeds: count(seeds), low: bound(interval.low), high: bound(interval.high) };
  const unit = headline.kind === 'loss' ? 'Nats' : 'Points';
  return l(`sweep.${lead.shown ? 'shown' : 'notShown'}${unit}`, values);
}

function Use({ sweep, value }: { sweep: SweepLog; value: number }) {
  const controller = useController();
  const store = useAppStore();
  const now = useApp((state) => readPath(state.draft, sweep.path));
  const whole = Array.isArray(now) ? now.map(() => value) : value;
  const locked = useLocked(sweep.path);
  const taken = JSON.stringify(now) === JSON.stringify(whole);
  const use = () => {
    const values = /^(.*\.values)\.\w+$/.exec(sweep.path)?.[1];
    // A formula may be without values while all are the usual ones.
    if (values !== undefined && readPath(store.getState().draft, values) === undefined)
      controller.edit(values, {});
    controller.edit(sweep.path, whole);
  };
  return (
    <button type="button" disabled={taken || locked} onClick={use}>
      {l(taken ? 'sweep.used' : 'sweep.use', { value: valueText(value) })}
    </button>
  );
}

function Table({ view, sweep, label }: { view: SweepView; sweep: SweepLog; label: string }) {
  const { arms } = sweep.spec;
  const failures = (value: number) => view.failed.filter((one) => one.value === value).length;
  return (
    <details className="chart-table">
      <summary>{t('chart.tableAlone')}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section className="table-box" tabIndex={0} aria-label={label}>
        <table>
          <thead>
            <tr>
              <th scope="col">{label}</th>
              {arms.map((_, arm) => (
                <th key={armName(arms, arm)} scope="col">
                  {armName(arms, arm)}
                </th>
              ))}
              <th scope="col">{l('sweep.seeds')}</th>
            </tr>
          </thead>
          <tbody>
            {view.values.map((value) => (
              <tr key={value}>
                <th scope="row">{valueText(value)}</th>
                {view.arms.map((points, arm) => {
                  const point = points.find((one) => one.value === value);
                  return (
                    <td key={armName(arms, arm)}>
                      {point === undefined ? '–' : scoreText(view.headline, point)}
                    </td>
                  );
                })}
                <td>
                  {view.arms[0]?.find((one) => one.value === value)?.scores.length ?? 0}
                  {failures(value) === 0 ? '' : ` (${l('sweep.failures', { n: failures(value) })})`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

function Save({ run, sweep }: Props) {
  return (
    <button
      type="button"
      className="plain"
      onClick={() =>
        saveFile(`${run.name} sweep.csv`, 'text/csv', new TextEncoder().encode(sweepTable(sweep)))
      }
    >
      {l('sweep.save')}
    </button>
  );
}
