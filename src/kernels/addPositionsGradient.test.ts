// The gradient of learned positions: the GPU against float64, float64 against differences.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { addPositions } from './addPositions.ts';
import { addPositionsGradient } from './addPositionsGradient.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';

test.each([
  [1, 1, 1, false],
  [3, 2, 5, true],
  [2, 63, 3, false],
  [5, 64, 1, true],
  [4, 65, 2, false],
  [2, 257, 3, false],
])('%i sequences of %i positions, width %i, accumulate %s', async (batch, positions, width, accumulate) => {
  const dy = randomFloats(batch * positions * width, 1);
  const params = { batch, positions, width, accumulate };
  await checkKernel(addPositionsGradient, params, [dy, randomFloats(positions * width, 2)]);
});

test('it agrees with differences', () => {
  const [batch, positions, width] = [3, 4, 2];
  const [x, dy] = [1, 2].map((seed) => Float64Array.from(randomFloats(batch * positions * width, seed)));
  const p = Float64Array.from(randomFloats(positions * width, 3));
  if (!x || !dy) throw new Error('two inputs');
  const params = { batch, positions, width, accumulate: false };
  const dp = window(referenceRun(addPositionsGradient, params, [dy, new Float64Array(p.length)]), 1);
  const forward = (at: Float64Array) =>
    window(referenceRun(addPositions, { rows: batch * positions, positions, width }, [x, at, x]), 2);
  const error = gradientError((at) => weightedSum(forward(at), dy), Float64Array.from(dp), p);
  expect(error).toBeLessThan(1e-7);
});
