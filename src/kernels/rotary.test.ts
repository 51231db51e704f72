// Rotary positions: the GPU against float64, its gradient against differences, and what a rotation promises.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';
import { rotary, rotaryTable } from './rotary.ts';

const plain = { inverse: false, accumulate: false };

test.each([
  [1, 1, 1, 2, plain],
  [2, 2, 3, 4, plain],
  [2, 63, 1, 6, { inverse: true, accumulate: false }],
  [1, 64, 2, 2, { inverse: true, accumulate: true }],
  [3, 65, 1, 4, plain],
  [2, 257, 2, 2, { inverse: true, accumulate: false }],
])('%i sequences of %i positions, %i heads of width %i, %o', async (batch, positions, heads, width, way) => {
  const params = { rows: batch * positions, heads, width, positions, ...way };
  const length = params.rows * heads * width;
  await checkKernel(rotary, params, [
    randomFloats(length, 1),
    rotaryTable(positions, width),
    randomFloats(length, 2),
  ]);
});

test('the gradient is the rotation back', () => {
  const params = { rows: 5, heads: 2, width: 4, positions: 5, ...plain };
  const length = 40;
  const [x, dy] = [Float64Array.from(randomFloats(length, 1)), Float64Array.from(randomFloats(length, 2))];
  const table = rotaryTable(5, 4);
  const forward = (at: Float64Array) =>
    window(referenceRun(rotary, params, [at, table, new Float64Array(length)]), 2);
  const back = { ...params, inverse: true };
  const dx = window(referenceRun(rotary, back, [dy, table, new Float64Array(length)]), 2);
  expect(gradientError((at) => weightedSum(forward(at), dy), Float64Array.from(dx), x)).toBeLessThan(1e-7);
});

test('a query and a key see how far apart they are, and not where', () => {
  const [positions, width] = [32, 8];
  const table = rotaryTable(positions, width);
  const [q, k] = [randomFloats(width, 3), randomFloats(width, 4)];
  const all = (x: Float32Array) => {
    const rows = Float64Array.from({ length: positions * width }, (_, i) => x[i % width] ?? 0);
    const params = { rows: positions, heads: 1, width, positions, ...plain };
    return window(referenceRun(rotary, params, [rows, table, new Float64Array(rows.length)]), 2);
  };
  const [queries, keys] = [all(q), all(k)];
  const product = (i: number, j: number) =>
    weightedSum(queries.subarray(i * width, (i + 1) * width), keys.subarray(j * width, (j + 1) * width));
  for (let i = 5; i < positions; i++) expect(product(i, i - 5)).toBeCloseTo(product(5, 0), 5);
  expect(product(9, 0)).not.toBeCloseTo(product(5, 0), 2);
});
