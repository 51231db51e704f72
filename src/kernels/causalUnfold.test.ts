// Positions with the few before them: exact moves, and zeros before the beginning of each sequence.
import { expect, test } from 'vitest';
import { causalUnfold } from './causalUnfold.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';

test.each([
  [1, 1, 1, 1],
  [2, 2, 3, 4],
  [1, 63, 2, 3],
  [2, 64, 1, 2],
  [1, 65, 3, 3],
  [2, 257, 1, 4],
])('%i sequences of %i positions, width %i, %i taps', async (batch, positions, width, kernel) => {
  const params = { batch, positions, width, kernel };
  const length = batch * positions * width;
  await checkKernel(causalUnfold, params, [randomFloats(length, 1), randomFloats(length * kernel, 2)]);
});

test('no position sees a later one, nor the sequence before its own', async () => {
  const params = { batch: 2, positions: 3, width: 1, kernel: 2 };
  const x = new Float32Array([1, 2, 3, 4, 5, 6]);
  const { gpu } = await checkKernel(causalUnfold, params, [x, new Float32Array(12)]);
  expect([...(gpu[1] ?? [])]).toEqual([0, 1, 1, 2, 2, 3, 0, 4, 4, 5, 5, 6]);
});
