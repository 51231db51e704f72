/** The log of a run and its metric rows: order, replacement, forgetting, and memory that stays bounded. */
import { describe, expect, test, vi } from 'vitest';
import { metricColumns, metricStride } from '../protocol/events.ts';
import { MetricRows } from './metricRows.ts';
import { type Replicate, RunLog } from './runLog.ts';

const lossAt = metricColumns.indexOf('loss');
const clippedAt = metricColumns.indexOf('clippedTotal');

/** Rows of `count` steps from `first`; the loss of a step is the step itself, and its negative for the second arm. */
function rowsOf(first: number, count: number, arms = 2) {
  const steps = Uint32Array.from({ length: count }, (_, i) => first + i);
  const values = Array.from({ length: arms }, (_, arm) => {
    const rows = new Float32Array(count * metricStride);
    for (let row = 0; row < count; row++) {
      rows[row * metricStride + lossAt] = (arm === 0 ? 1 : -1) * (first + row);
      rows[row * metricStride + clippedAt] = 1_000 + first + row;
    }
    return rows;
  });
  return { steps, values };
}

function append(rows: MetricRows, first: number, count: number): void {
  const { steps, values } = rowsOf(first, count);
  rows.append(steps, values);
}

function replicate(index: number, step = 10): Replicate {
  return {
    ...{ index, count: 3, seed: index + 1, step, total: 10, finished: step === 10 },
    ...{ arms: [], steps: [], curves: [] },
  };
}

describe('metric rows', () => {
  test('keep each column of each arm by step', () => {
    const rows = new MetricRows();
    append(rows, 0, 3);
    append(rows, 3, 2);
    expect(Array.from(rows.steps)).toEqual([0, 1, 2, 3, 4]);
    expect(Array.from(rows.column(0, 'loss'))).toEqual([0, 1, 2, 3, 4]);
    expect(Array.from(rows.column(1, 'loss'))).toEqual([-0, -1, -2, -3, -4]);
    expect(rows.last(1, 'clippedTotal')).toBe(1_004);
  });

  test('are NaN where nothing is known', () => {
    const rows = new MetricRows();
    expect(rows.last(0, 'loss')).toBeNaN();
    append(rows, 0, 2);
    expect(rows.last(5, 'loss')).toBeNaN();
    expect(Array.from(rows.column(5, 'loss'))).toEqual([Number.NaN, Number.NaN]);
  });

  test('told again replace what was known from there on', () => {
    const rows = new MetricRows();
    append(rows, 0, 10);
    append(rows, 4, 2);
    expect(Array.from(rows.steps)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('of a long run stay within 4,096, evenly spread, each with its own values', () => {
    const rows = new MetricRows();
    for (let first = 0; first < 20_000; first += 100) append(rows, first, 100);
    expect(rows.count).toBeLessThanOrEqual(4_096);
    expect(rows.count).toBeGreaterThan(2_000);
    const steps = Array.from(rows.steps);
    const gaps = new Set(steps.slice(1).map((step, at) => step - (steps[at] ?? 0)));
    expect(gaps).toEqual(new Set([8]));
    expect(steps[0]).toBe(0);
    expect(Array.from(rows.column(0, 'loss'))).toEqual(steps);
    expect(Array.from(rows.column(1, 'clippedTotal'))).toEqual(steps.map((step) => 1_000 + step));
  });

  test('of a run that begins anew are all kept again', () => {
    const rows = new MetricRows();
    append(rows, 0, 5_000);
    append(rows, 0, 10);
    expect(Array.from(rows.steps)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('a log', () => {
  test('keeps evaluations in order, and one told again replaces those after it', () => {
    const log = new RunLog();
    for (const step of [0, 50, 100, 50]) log.evaluate({ step, arms: [] });
    expect(log.evaluations.map(({ step }) => step)).toEqual([0, 50]);
    expect(log.last?.step).toBe(50);
  });

  test('keeps live events by step, one value for each setting and step', () => {
    const log = new RunLog();
    log.record({ step: 20, path: 'objective.mix', value: 0.1 });
    log.record({ step: 10, path: 'objective.mix', value: 0.2 });
    log.record({ step: 20, path: 'objective.mix', value: 0.3 });
    log.record({ step: 20, path: 'objective.temperature', value: 4 });
    expect(log.events).toEqual([
      { step: 10, path: 'objective.mix', value: 0.2 },
      { step: 20, path: 'objective.mix', value: 0.3 },
      { step: 20, path: 'objective.temperature', value: 4 },
    ]);
  });

  test('keeps replicates by index, the newest of each', () => {
    const log = new RunLog();
    log.replicate(replicate(1));
    log.replicate(replicate(0, 5));
    log.replicate(replicate(0));
    expect(log.replicates.map(({ index, step }) => [index, step])).toEqual([
      [0, 10],
      [1, 10],
    ]);
    log.forgetReplicates();
    expect(log.replicates).toEqual([]);
  });

  test('cut at a step keeps what came before it, and its replicates', () => {
    const log = new RunLog();
    const { steps, values } = rowsOf(0, 100);
    log.appendRows(steps, values);
    for (const step of [0, 50, 100]) log.evaluate({ step, arms: [] });
    for (const step of [10, 60]) log.record({ step, path: 'objective.mix', value: 0.5 });
    log.replicate(replicate(0));
    log.truncate(50);
    expect(log.evaluations.map(({ step }) => step)).toEqual([0]);
    expect(log.events.map(({ step }) => step)).toEqual([10]);
    expect(log.rows.count).toBe(50);
    expect(log.replicates).toHaveLength(1);
    expect(log.isEmpty).toBe(false);
  });

  test('tells every change to charts, and all but metric rows to panels', () => {
    const log = new RunLog();
    const heard = vi.fn();
    const stop = log.subscribe(heard);
    const { steps, values } = rowsOf(0, 1);
    log.appendRows(steps, values);
    expect([log.version, log.scene]).toEqual([1, 0]);
    log.evaluate({ step: 0, arms: [] });
    log.show({ step: 0, logits: [] });
    expect([log.version, log.scene]).toEqual([3, 2]);
    expect(heard).toHaveBeenCalledTimes(3);
    stop();
    log.evaluate({ step: 50, arms: [] });
    expect(heard).toHaveBeenCalledTimes(3);
  });

  test('hands on every row, also those that it thins out itself', () => {
    const log = new RunLog();
    let seen = 0;
    const stop = log.onRows((steps) => {
      seen += steps.length;
    });
    for (let first = 0; first < 10_000; first += 1_000) {
      const { steps, values } = rowsOf(first, 1_000, 1);
      log.appendRows(steps, values);
    }
    expect(seen).toBe(10_000);
    stop();
    const { steps, values } = rowsOf(10_000, 5, 1);
    log.appendRows(steps, values);
    expect(seen).toBe(10_000);
  });
});
