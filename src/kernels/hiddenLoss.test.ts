import { expect, test } from 'vitest';
import { LiveBlock, LiveWindow } from '../tensor/live.ts';
import { checkKernel, randomFloats, randomInts } from './checkKernel.ts';
import { gradientError } from './finiteDifference.ts';
import { type HiddenLossParams, hiddenLoss, stateLosses } from './hiddenLoss.ts';
import { rowStat, rowStats } from './rowLoss.ts';

const kinds = stateLosses;
const live = { hiddenWeight: 0.7, inverseValid: 1 / 5 };

function inputs(rows: number, size: number) {
  return [
    randomFloats(rows * size, 1, 2),
    randomFloats(rows * size, 2, 2),
    randomInts(rows, 4, 3).map((bits, r) => (r === 0 ? 1 : bits)),
    new Float32Array(rows * size).fill(9),
    randomFloats(rows * rowStats, 4),
  ] as const;
}

test.each(kinds)('%s agrees with float64 and adds to the statistics', async (kind) => {
  for (const [rows, size] of [
    [1, 1],
    [3, 3],
    [33, 64],
    [130, 257],
  ] as const) {
    const given = inputs(rows, size);
    const { gpu } = await checkKernel(hiddenLoss, { rows, size, kind, pairs: 2 }, given, {
      live,
      nothing: size === 1 ? 1e-7 : 0,
    });
    const row = gpu[4]?.slice(0, rowStats) ?? new Float32Array();
    const added = (column: number): number => (row[column] ?? 0) - (given[4][column] ?? 0);
    expect(row.slice(1, 14)).toEqual(given[4].slice(1, 14));
    expect(added(rowStat.total)).toBeCloseTo(0.7 * added(rowStat.hidden), 5);
  }
});

test.each(kinds)(
  'the gradient of %s is the derivative of its loss, to 1e-7 of central differences',
  (kind) => {
    const params: HiddenLossParams = { rows: 3, size: 5, kind, pairs: 1 };
    const given = inputs(3, 5);
    const [s, t] = [Float64Array.from(given[0]), Float64Array.from(given[1])];
    const block = new LiveBlock(1);
    block.set(0, 'hiddenWeight', 0.75);
    block.set(0, 'inverseValid', 0.25);
    const run = (state: Float64Array) => {
      const [gradient, stats] = [new Float64Array(15), new Float64Array(3 * rowStats)];
      hiddenLoss.reference(
        params,
        [state, t, Uint32Array.of(1, 0, 3), gradient, stats],
        new LiveWindow(block.words),
      );
      return { gradient, loss: stats.filter((_, i) => i % rowStats === 0).reduce((sum, x) => sum + x, 0) };
    };
    expect(gradientError((state) => run(state).loss, run(s).gradient, s)).toBeLessThan(1e-7);
  },
);

test('a row that is not valid has no gradient and leaves its statistics as they were', async () => {
  for (const kind of kinds) {
    const given = inputs(2, 8);
    given[2].set([2, 1]);
    const { gpu } = await checkKernel(hiddenLoss, { rows: 2, size: 8, kind, pairs: 1 }, given, { live });
    expect(gpu[3]?.slice(0, 8).every((g) => g === 0)).toBe(true);
    expect(gpu[4]?.slice(0, rowStats)).toEqual(given[4].slice(0, rowStats));
  }
});

test('the cosine with a zero vector is 1 without a gradient, with a multiple of itself 0', async () => {
  const given = inputs(3, 4);
  given[2].fill(1);
  given[0].fill(0, 0, 4);
  given[1].fill(0, 4, 8);
  given[0].set([1, 2, 3, 4], 8);
  given[1].set([2, 4, 6, 8], 8);
  given[4].fill(0);
  const params: HiddenLossParams = { rows: 3, size: 4, kind: 'hidden_cosine', pairs: 1 };
  const { gpu } = await checkKernel(hiddenLoss, params, given, { live, nothing: 1e-7, norm: 1e-4 });
  const losses = (gpu[4] ?? []).filter((_, i) => i % rowStats === rowStat.hidden);
  expect(losses[0]).toBeCloseTo(0.2, 6);
  expect(losses[1]).toBeCloseTo(0.2, 6);
  expect(losses[2]).toBeCloseTo(0, 6);
  expect(gpu[3]?.slice(0, 8).every((g) => g === 0)).toBe(true);
});

test('a hidden state that is not finite reaches the gradient, so that the finite check sees it', async () => {
  for (const kind of kinds) {
    const given = inputs(1, 4);
    given[1][2] = Number.NaN;
    const { gpu } = await checkKernel(hiddenLoss, { rows: 1, size: 4, kind, pairs: 1 }, given, { live });
    expect(gpu[3]?.some((g) => !Number.isFinite(g))).toBe(true);
  }
});
