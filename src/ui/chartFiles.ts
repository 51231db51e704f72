/**
 * A chart as files: its lines as CSV, and the whole as a picture of lines (SVG) for a paper or a slide. What is drawn and
 * over which range is the chart's own; the colours are those of the light theme, on white, since that is where it goes.
 */
import { chartTable } from '../store/chartTable.ts';
import { type ChartData, type ChartId, chartData, type Trace } from '../store/curves.ts';
import type { Run } from '../store/run.ts';
import { boundsOf } from './chartBounds.ts';
import { chartTitle, drawnAs, type HowDrawn } from './chartWords.ts';
import { teacherLook } from './palette.ts';
import { saveFile } from './saveFile.ts';
import { t } from './text.ts';

const [width, height] = [640, 380];
const box = { left: 64, top: 44, right: 470, bottom: 336 };
const size = 13;

export function saveChart(
  kind: 'csv' | 'svg',
  chart: ChartId,
  run: Run,
  ghosts: readonly Run[],
  offset: number,
): void {
  const [data, how, title] = [
    chartData(chart, run, ghosts, offset),
    drawnAs(chart, run),
    chartTitle(chart, run),
  ];
  const text =
    kind === 'csv'
      ? chartTable(columnNames(data, how), data.traces)
      : onPaper((colour) => chartSvg(title, data, how, colour));
  const name = `${run.name} ${title}.${kind}`.replace(/[^\p{L}\p{N} .,-]+/gu, ' ');
  saveFile(name, kind === 'csv' ? 'text/csv' : 'image/svg+xml', new TextEncoder().encode(text));
}

type Colour = (name: string) => string;

/** What is drawn with the colours of the light theme, whatever the page's is. */
function onPaper(draw: (colour: Colour) => string): string {
  const paper = document.createElement('i');
  paper.dataset['theme'] = 'light';
  paper.hidden = true;
  document.body.append(paper);
  const colours = getComputedStyle(paper);
  const drawn = draw((name) => colours.getPropertyValue(name).trim());
  paper.remove();
  return drawn;
}

/** Of seeds their place among those of their arm, of other runs their name, too. */
export function columnNames({ traces }: Pick<ChartData, 'traces'>, how: Pick<HowDrawn, 'name'>): string[] {
  const seen = new Map<number, number>();
  return traces.map((trace) => {
    if (trace.role === 'ghost') return `${trace.runName}: ${how.name(trace)}`;
    if (trace.role !== 'seed') return how.name(trace);
    const n = (seen.get(trace.arm) ?? 0) + 1;
    seen.set(trace.arm, n);
    return t('chart.seedColumn', { name: how.name(trace), n });
  });
}

/** `colour` gives the value of a custom property. */
export function chartSvg(title: string, data: ChartData, how: HowDrawn, colour: Colour): string {
  const [low, high] = boundsOf(data, how);
  const scale = (value: number) => (how.log ? Math.log10(value) : value);
  const [from, to] = [scale(low), scale(high)];
  const x = (step: number) => box.left + ((box.right - box.left) * step) / Math.max(1, data.lastStep);
  const y = (value: number) => box.bottom - ((box.bottom - box.top) * (scale(value) - from)) / (to - from);
  const lookOf = (trace: Trace) => (trace.role === 'teacher' ? teacherLook : how.look(trace));
  const ink = colour('--ink-2');
  const write = (at: { x: number; y: number }, words: string, fill: string, anchor = 'start', more = '') =>
    `<text x="${round(at.x)}" y="${round(at.y)}" fill="${fill}" text-anchor="${anchor}"${more}>${escaped(words)}</text>`;
  const grid = ticks(low, high, how.log).map(
    (value) =>
      `<path d="M${box.left} ${round(y(value))}H${box.right}" stroke="${colour('--rule')}"/>` +
      write({ x: box.left - 8, y: y(value) + 4 }, how.format(value), ink, 'end'),
  );
  const below = ticks(0, data.lastStep, false).map((step) =>
    write({ x: x(step), y: box.bottom + 20 }, step.toLocaleString('en'), ink, 'middle'),
  );
  const marks = data.ticks.map(
    ({ step }) =>
      `<path d="M${round(x(step))} ${box.top}V${box.bottom}" stroke="${ink}" stroke-dasharray="2 3"/>`,
  );
  const lines = data.traces.map((trace) => {
    const thin = trace.role === 'seed' || trace.role === 'ghost';
    const dash = trace.role === 'ghost' ? [1.5, 3] : lookOf(trace).dash;
    const points = trace.x.flatMap((step, i) => {
      const value = trace.y[i] ?? Number.NaN;
      return Number.isFinite(value) && (!how.log || value > 0)
        ? [`${round(x(step))},${round(y(value))}`]
        : [];
    });
    return (
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colour(`--${lookOf(trace).stem}-line`)}" ` +
      `stroke-width="${thin ? 1 : 2}" stroke-opacity="${thin ? 0.4 : 1}" stroke-dasharray="${dash.join(' ')}"/>`
    );
  });
  const best = data.best.flatMap(({ arm, step, value }) => {
    const trace = data.traces.find((one) => one.role === 'arm' && one.arm === arm);
    if (trace === undefined) return [];
    const stroke = colour(`--${lookOf(trace).stem}-line`);
    return [
      `<circle cx="${round(x(step))}" cy="${round(y(value))}" r="4" fill="${colour('--surface')}" stroke="${stroke}" stroke-width="1.75"/>`,
    ];
  });
  const names = apart(data.traces, y).map(({ trace, at }) =>
    write({ x: box.right + 8, y: at + 4 }, how.name(trace), colour(`--${lookOf(trace).stem}-text`)),
  );
  const clip = `<clipPath id="box"><rect x="${box.left}" y="${box.top - 6}" width="${box.right - box.left + 6}" height="${box.bottom - box.top + 12}"/></clipPath>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="${size}">`,
    `<rect width="100%" height="100%" fill="${colour('--surface')}"/>${clip}`,
    write({ x: box.left, y: 24 }, title, colour('--ink'), 'start', ' font-weight="bold"'),
    ...grid,
    ...below,
    write({ x: box.right, y: box.bottom + 38 }, t('chart.stepColumn'), ink, 'end'),
    `<g clip-path="url(#box)">${[...marks, ...lines, ...best].join('')}</g>`,
    ...names,
    '</svg>',
  ].join('\n');
}

/** Names at the ends of lines, pushed apart until none covers another. */
function apart(
  traces: readonly Trace[],
  y: (value: number) => number,
): readonly { trace: Trace; at: number }[] {
  const step = size * 1.25;
  const ends = traces
    .filter(({ role }) => role !== 'seed' && role !== 'ghost')
    .map((trace) => ({ trace, at: y(trace.y.findLast(Number.isFinite) ?? Number.NaN) }))
    .filter(({ at }) => Number.isFinite(at))
    .sort((a, b) => a.at - b.at);
  let free = box.top;
  const pushed = ends.map(({ trace, at }) => {
    free = Math.max(at, free);
    const place = { trace, at: free };
    free += step;
    return place;
  });
  return pushed.map(({ trace, at }, i) => ({
    trace,
    at: Math.min(at, box.bottom - (pushed.length - 1 - i) * step),
  }));
}

/** Round numbers, about five of them; of a logarithmic axis its powers of ten. */
function ticks(low: number, high: number, log: boolean): readonly number[] {
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9);
    const count = Math.max(0, Math.floor(Math.log10(high) + 1e-9) - first + 1);
    return Array.from({ length: count }, (_, i) => 10 ** (first + i));
  }
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function round(value: number): number {
  return Number(value.toFixed(2));
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
