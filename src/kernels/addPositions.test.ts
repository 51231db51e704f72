// Learned positions: every sequence of a batch gets the same vectors.
import { expect, test } from 'vitest';
import { addPositions } from './addPositions.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';

test.each([
  [1, 1, 1],
  [3, 2, 5],
  [2, 63, 3],
  [2, 64, 1],
  [1, 65, 2],
  [2, 257, 3],
])('%i sequences of %i positions, width %i', async (batch, positions, width) => {
  const params = { rows: batch * positions, positions, width };
  const x = randomFloats(batch * positions * width, 1);
  const p = randomFloats(positions * width, 2);
  const { gpu } = await checkKernel(addPositions, params, [x, p, new Float32Array(x.length)]);
  expect(gpu[2]).toEqual(x.map((value, i) => Math.fround(value + (p[i % p.length] ?? 0))));
});
