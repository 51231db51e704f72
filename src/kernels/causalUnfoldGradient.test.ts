// The gradient of unfolding: the GPU against float64, float64 against differences.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { causalUnfold } from './causalUnfold.ts';
import { causalUnfoldGradient } from './causalUnfoldGradient.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';

test.each([
  [1, 1, 1, 1, false],
  [2, 2, 3, 4, true],
  [1, 63, 2, 3, false],
  [2, 64, 1, 2, true],
  [1, 65, 3, 3, false],
  [2, 257, 1, 4, false],
])(
  '%i sequences of %i positions, width %i, %i taps, accumulate %s',
  async (batch, positions, width, kernel, accumulate) => {
    const params = { batch, positions, width, kernel, accumulate };
    const length = batch * positions * width;
    await checkKernel(causalUnfoldGradient, params, [
      randomFloats(length * kernel, 1),
      randomFloats(length, 2),
    ]);
  },
);

test('it agrees with differences', () => {
  const params = { batch: 2, positions: 4, width: 3, kernel: 3, accumulate: false };
  const [x, dy] = [Float64Array.from(randomFloats(24, 1)), Float64Array.from(randomFloats(72, 2))];
  const dx = window(referenceRun(causalUnfoldGradient, params, [dy, new Float64Array(24)]), 1);
  const forward = (at: Float64Array) => window(referenceRun(causalUnfold, params, [at, dy]), 1);
  expect(gradientError((at) => weightedSum(forward(at), dy), Float64Array.from(dx), x)).toBeLessThan(1e-7);
});
