/** The lines of a chart as CSV: a row for each step that any of them has, a column for each line. */
import { quoted } from '../sharing/metricsCsv.ts';
import type { Trace } from './curves.ts';

/** Plain numbers of six digits, empty where a line has no point; `names` in the order of the traces. */
export function chartTable(names: readonly string[], traces: readonly Pick<Trace, 'x' | 'y'>[]): string {
  const steps = [...new Set(traces.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const columns = traces.map(({ x, y }) => new Map(x.map((step, i) => [step, y[i] ?? Number.NaN])));
  const cell = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) ? '' : String(Number(value.toPrecision(6)));
  const lines = steps.map((step) => [step, ...columns.map((column) => cell(column.get(step)))].join(','));
  return `${[['step', ...names.map(quoted)].join(','), ...lines].join('\r\n')}\r\n`;
}
