import { expect, test } from 'vitest';
import { checkKernel, type Input, randomFloats } from './checkKernel.ts';
import { columnCorrelation, columnStat, columnWidth } from './columnCorrelation.ts';

const call = (rows: number, classes: number): readonly Input[] => [
  randomFloats(rows * classes, 1).map((x) => x * x),
  randomFloats(rows * classes, 2).map((x) => x * x),
  Uint32Array.from({ length: rows }, (_, r) => (r % 5 === 1 ? 2 : 1)),
  new Float32Array(classes * columnWidth).fill(9),
];

test.each([
  [3, 2],
  [7, 65],
  [130, 10],
])('the columns of %i rows of %i classes agree with float64', async (rows, classes) => {
  await checkKernel(columnCorrelation, { rows, classes }, call(rows, classes));
});

test('a column is anti-correlated, equal up to scale and offset, or constant', async () => {
  const q = Float32Array.of(0.1, 0.2, 0.7, 0.2, 0.2, 0.7, 0.3, 0.2, 0.7);
  const p = Float32Array.of(0.3, 0.5, 0.1, 0.2, 0.7, 0.2, 0.1, 0.9, 0.3);
  const inputs = [q, p, new Uint32Array(3).fill(1), new Float32Array(3 * columnWidth)];
  const { gpu } = await checkKernel(columnCorrelation, { rows: 3, classes: 3 }, inputs);
  const miss = [0, 1, 2].map((j) => gpu[3]?.[j * columnWidth + columnStat.miss]);
  expect(miss[0]).toBeCloseTo(2, 5);
  expect(miss.slice(1)).toEqual([1, 1]);
});

test('without a valid row nothing is left that is not finite', async () => {
  const inputs = [...call(4, 3).slice(0, 2), new Uint32Array(4), new Float32Array(3 * columnWidth)];
  const { gpu } = await checkKernel(columnCorrelation, { rows: 4, classes: 3 }, inputs);
  expect([...(gpu[3] ?? [])].every(Number.isFinite)).toBe(true);
});
