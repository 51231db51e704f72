// The gradient of an embedding: the GPU against float64, float64 against differences of the gather, and no bit of it
// left to chance.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { checkKernel, randomFloats, randomInts } from './checkKernel.ts';
import { embeddingGradient } from './embeddingGradient.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';
import { gatherRows } from './gatherRows.ts';
import { tokenOrder } from './tokenOrder.ts';

function inputs(rows: number, width: number, vocabulary: number, below = vocabulary) {
  const tokens = randomInts(rows, below, 3);
  const order = window(referenceRun(tokenOrder, { rows }, [tokens, new Uint32Array(rows)]), 1);
  return [
    tokens,
    Uint32Array.from(order),
    randomFloats(rows * width, 4),
    randomFloats(vocabulary * width, 5),
  ];
}

test.each([
  [1, 1, 2],
  [2, 3, 1],
  [63, 5, 7],
  [64, 2, 300],
  [65, 7, 3],
  [257, 4, 11],
])('%i positions of width %i, %i tokens', async (rows, width, vocabulary) => {
  const params = { rows, width, vocabulary };
  await checkKernel(embeddingGradient, params, inputs(rows, width, vocabulary));
});

test('a token past the last has no gradient, and its neighbours keep theirs', async () => {
  const params = { rows: 40, width: 3, vocabulary: 5 };
  await checkKernel(embeddingGradient, params, inputs(40, 3, 5, 9));
});

test('twice the same call gives twice the same bits', async () => {
  const params = { rows: 257, width: 5, vocabulary: 3 };
  const run = async () => (await checkKernel(embeddingGradient, params, inputs(257, 5, 3))).gpu[3];
  expect(await run()).toEqual(await run());
});

test('it agrees with differences of the gather', () => {
  const [rows, width, vocabulary] = [12, 3, 5];
  const [tokens, order, dy, table] = inputs(rows, width, vocabulary);
  if (!tokens || !order || !dy || !table) throw new Error('four inputs');
  const weights = Float64Array.from(dy);
  const zeros = new Float64Array(vocabulary * width);
  const found = referenceRun(embeddingGradient, { rows, width, vocabulary }, [tokens, order, weights, zeros]);
  const loss = (at: Float64Array) => {
    const params = { rows, size: width, sourceRows: vocabulary };
    return weightedSum(
      window(referenceRun(gatherRows, params, [tokens, at, new Float64Array(rows * width)]), 2),
      weights,
    );
  };
  const gradient = Float64Array.from(window(found, 3));
  expect(gradientError(loss, gradient, Float64Array.from(table))).toBeLessThan(1e-7);
  gradient[0] = (gradient[0] ?? 0) + 0.01;
  expect(gradientError(loss, gradient, Float64Array.from(table))).toBeGreaterThan(1e-4);
});
