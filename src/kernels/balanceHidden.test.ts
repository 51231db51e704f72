import { expect, test } from 'vitest';
import { balanceHidden } from './balanceHidden.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { rowStat, rowStats } from './rowLoss.ts';

const live = { hiddenWeight: 0.5, termWeight0: 2, termWeight1: 0, termWeight2: 0.25, termWeight3: 0 };
const column = (stats: ArrayLike<number>, at: number): number =>
  Array.from(stats).reduce((sum, x, i) => sum + (i % rowStats === at ? x : 0), 0);

test('afterwards the hidden loss weighs as much as the terms on logits', async () => {
  for (const rows of [1, 7, 130]) {
    const stats = randomFloats(rows * rowStats, rows).map(Math.abs);
    const { gpu } = await checkKernel(balanceHidden, { rows }, [stats, new Float32Array(1)], { live });
    const logits = 2 * column(stats, rowStat.term) + 0.25 * column(stats, rowStat.term + 2);
    const [after, factor] = [gpu[0] ?? [], gpu[1]?.[0] ?? 0];
    expect(factor * column(stats, rowStat.hidden)).toBeCloseTo(logits, 3);
    const moved = column(after, rowStat.total) - column(stats, rowStat.total);
    expect(moved).toBeCloseTo(0.5 * (logits - column(stats, rowStat.hidden)), 3);
  }
});

test('without a hidden loss the factor is 0 and nothing changes', async () => {
  const stats = randomFloats(3 * rowStats, 5).map((x, i) => (i % rowStats >= rowStat.hidden ? 0 : x));
  const { gpu } = await checkKernel(balanceHidden, { rows: 3 }, [stats, new Float32Array(1)], { live });
  expect(gpu[0]).toEqual(stats);
  expect(gpu[1]?.[0]).toBe(0);
});
