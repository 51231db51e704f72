import { expect, test } from 'vitest';
import type { Numbers } from '../tensor/kernel.ts';
import { LiveBlock, type LiveName, LiveWindow } from '../tensor/live.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { columnCorrelation, columnWidth } from './columnCorrelation.ts';
import { distIntra } from './distIntra.ts';
import { gradientError } from './finiteDifference.ts';
import { rowStats } from './rowLoss.ts';
import { softmaxRows } from './softmaxRows.ts';
import { softmax, testedSlot } from './termCases.ts';

interface Batch {
  readonly rows: number;
  readonly classes: number;
  readonly student: Float64Array;
  readonly teacher: Float64Array;
  readonly flags: Uint32Array<ArrayBuffer>;
  readonly temperature: number;
}

const batchOf = (rows: number, classes: number, temperature: number): Batch => ({
  rows,
  classes,
  student: Float64Array.from(randomFloats(rows * classes, 5, 3)),
  teacher: Float64Array.from(randomFloats(rows * classes, 6, 3)),
  flags: Uint32Array.from({ length: rows }, (_, r) => (r % 4 === 2 ? 2 : 1)),
  temperature,
});

const liveValues = (temperature: number) => ({ temperature, inverseValid: 0.25, termWeight1: 0.75 });

/** The three references in turn. */
function run({ rows, classes, student, teacher, flags, temperature }: Batch) {
  const block = new LiveBlock(1);
  for (const [name, value] of Object.entries(liveValues(temperature))) block.set(0, name as LiveName, value);
  const live = new LiveWindow(block.words);
  const make = (length: number): Numbers => new Float64Array(length);
  const [q, p, columns] = [make(rows * classes), make(rows * classes), make(classes * columnWidth)];
  const [gradient, stats] = [new Float64Array(rows * classes), new Float64Array(rows * rowStats)];
  softmaxRows.reference({ rows, classes }, [student, teacher, flags, q, p], live);
  columnCorrelation.reference({ rows, classes }, [q, p, flags, columns], live);
  distIntra.reference({ rows, classes, slot: testedSlot }, [q, p, columns, flags, gradient, stats], live);
  const loss = stats.filter((_, i) => i % rowStats === 0).reduce((sum, x) => sum + x, 0);
  return { q, p, columns, gradient, stats, loss };
}

/** T² · mean over classes of 1 − Pearson over the valid rows, weighted as above. */
function plainLoss(batch: Batch, student: Float64Array): number {
  const { classes, flags, temperature } = batch;
  const rows = [...flags.keys()].filter((r) => ((flags[r] ?? 0) & 1) !== 0);
  const soft = (x: Float64Array) =>
    rows.map((r) => softmax(x.slice(r * classes, (r + 1) * classes), temperature));
  const [q, p] = [soft(student), soft(batch.teacher)];
  let total = 0;
  for (let j = 0; j < classes; j++) {
    const centred = (x: readonly number[][]) => {
      const column = x.map((row) => row[j] ?? 0);
      const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
      return column.map((value) => value - mean);
    };
    const [a, b] = [centred(q), centred(p)];
    const dot = (x: readonly number[], y: readonly number[]) =>
      x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
    total += 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  }
  return (0.75 * 0.25 * rows.length * temperature ** 2 * total) / classes;
}

test.each([
  [7, 2],
  [9, 10],
  [5, 300],
])('a batch of %i rows of %i classes agrees with float64', async (rows, classes) => {
  for (const temperature of [1, 4]) {
    const batch = batchOf(rows, classes, temperature);
    const { q, p, columns } = run(batch);
    const floats = [q, p, columns].map((x) => Float32Array.from(x));
    await checkKernel(
      distIntra,
      { rows, classes, slot: testedSlot },
      [...floats, batch.flags, new Float32Array(rows * classes), new Float32Array(rows * rowStats)],
      { live: liveValues(temperature) },
    );
  }
});

test('its value is that of the paper, and its gradient the derivative of that', () => {
  for (const temperature of [0.5, 1, 4]) {
    const batch = batchOf(6, 5, temperature);
    const { loss, gradient } = run(batch);
    expect(loss / plainLoss(batch, batch.student)).toBeCloseTo(1, 7);
    const z = batch.student.slice();
    const step = 1e-3 * temperature;
    expect(gradientError((x) => plainLoss(batch, x), gradient, z, step)).toBeLessThan(1e-7);
    const planted = gradient.map((g) => 1.0001 * g);
    expect(gradientError((x) => plainLoss(batch, x), planted, z, step)).toBeGreaterThan(5e-5);
  }
});

test('a student equal to its teacher has no loss, and one row alone has loss 1 without a gradient', () => {
  const same = batchOf(6, 5, 2);
  const equal = run({ ...same, student: same.teacher });
  expect(equal.loss).toBe(0);
  expect(equal.gradient.every((g) => g === 0)).toBe(true);
  const alone = run(batchOf(1, 4, 1));
  expect(alone.loss).toBeCloseTo(0.75 * 0.25, 7);
  expect(alone.gradient.every((g) => g === 0)).toBe(true);
});
