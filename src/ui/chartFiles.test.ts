// A chart as files: all its lines and nothing but numbers in the table, and a picture that any program reads.
import { expect, test } from 'vitest';
import { chartTable } from '../store/chartTable.ts';
import { type ChartData, chartData } from '../store/curves.ts';
import { fakePage, settled } from '../store/fakePage.ts';
import { chartSvg, columnNames } from './chartFiles.ts';
import { drawnAs } from './chartWords.ts';

const page = fakePage();
await page.controller.choosePreset('two-moons-1');
await settled();
const { run } = page;
const data = chartData('headline', run, [], 0);
const how = drawnAs('headline', run);
const svg = (one: ChartData, title = 'Accuracy') => chartSvg(title, one, how, (name) => name.slice(2));

test('the table has a column for each line, with the seeds by number, and a row for each step', () => {
  const names = columnNames(data, how);
  expect(new Set(names).size).toBe(data.traces.length);
  expect(names).toContain('distilled, seed 5');
  expect(names).toContain('teacher');
  const [head = '', ...rows] = chartTable(names, data.traces).trimEnd().split('\r\n');
  expect(head.startsWith('step,')).toBe(true);
  expect(head).toContain('"distilled, seed 5"');
  const last = rows.at(-1)?.split(',') ?? [];
  expect(last).toHaveLength(data.traces.length + 1);
  expect(Number(last[0])).toBe(run.spec.training.steps);
  const mean = data.traces.findIndex(({ role, kind }) => role === 'arm' && kind === 'distilled');
  expect(Number(last[mean + 1])).toBeCloseTo(data.traces[mean]?.y.at(-1) ?? Number.NaN, 3);
});

test('steps that one line has and another has not leave its cell empty', () => {
  const lines = [
    { x: [0, 10], y: [1, Number.NaN] },
    { x: [5], y: [0.123_456_789] },
  ];
  expect(chartTable(['a', 'b "c", d'], lines)).toBe('step,a,"b ""c"", d"\r\n0,1,\r\n5,,0.123457\r\n10,,\r\n');
});

test('the picture has every line within its frame, and each line’s name once', () => {
  const picture = svg(data);
  const lines = [...picture.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = '']) => points);
  expect(lines).toHaveLength(data.traces.length);
  for (const point of lines.join(' ').trim().split(' ')) {
    const [x = Number.NaN, y = Number.NaN] = point.split(',').map(Number);
    expect(x).toBeGreaterThanOrEqual(64);
    expect(x).toBeLessThanOrEqual(470);
    expect(Number.isFinite(y)).toBe(true);
  }
  for (const name of ['teacher', 'distilled', 'hard answers', 'labels only'])
    expect(picture.split(`>${name}<`)).toHaveLength(2);
  expect(picture).toContain('100 %');
});

test('names that hold signs of the format stay names', () => {
  const named = svg(data, 'a < b & "c"');
  expect(named).toContain('>a &lt; b &amp; "c"<');
});

test('a chart without a point is a frame', () => {
  expect(svg({ ...data, traces: [], best: [] })).toMatch(/^<svg .*<\/svg>$/s);
});
