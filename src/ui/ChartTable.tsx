/** The numbers of a chart as a table: the alternative for those who cannot, or do not want to, read a line. */
import { type ChartId, chartData } from '../store/curves.ts';
import type { Run } from '../store/run.ts';
import { useAppStore, useScene } from './appContext.tsx';
import { chartTitle, formatOf, nameOf } from './chartWords.ts';
import { tellLost } from './late.tsx';
import { count, t } from './text.ts';

interface Props {
  readonly chart: ChartId;
  readonly run: Run;
  readonly ghosts: readonly Run[];
  readonly offset: number;
}

/** More rows than this are thinned out evenly. */
const mostRows = 60;

export function ChartTable({ chart, run, ghosts, offset }: Props) {
  const store = useAppStore();
  useScene(run);
  const { traces: drawn } = chartData(chart, run, ghosts, offset);
  const traces = drawn.filter(({ role }) => role === 'arm' || role === 'average');
  const all = [...new Set(traces.flatMap((trace) => trace.x))].sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(all.length / mostRows));
  const steps = all.filter((_, at) => at % every === 0 || at === all.length - 1);
  const save = (kind: 'csv' | 'svg') =>
    void import('./chartFiles.ts').then(
      ({ saveChart }) => saveChart(kind, chart, run, ghosts, offset),
      () => tellLost(store),
    );
  const title = chartTitle(chart, run);
  return (
    <>
      <p className="row">
        {(['csv', 'svg'] as const).map((kind) => (
          <button key={kind} type="button" onClick={() => save(kind)}>
            {t(`chart.save.${kind}`)}
            <span className="visually-hidden"> {title}</span>
          </button>
        ))}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section className="table-box" tabIndex={0} aria-label={title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('chart.stepColumn')}</th>
              {traces.map((trace) => (
                <th key={`${trace.role}${trace.arm}.${trace.part}`} scope="col">
                  {nameOf(run, trace)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step}>
                <th scope="row">{count(step)}</th>
                {traces.map((trace) => (
                  <td key={`${trace.role}${trace.arm}.${trace.part}`}>
                    {formatOf(chart, trace.y[trace.x.indexOf(step)] ?? Number.NaN)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
