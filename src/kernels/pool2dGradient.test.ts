// The gradient of pooling: the GPU against float64, float64 against differences, and who wins a tie.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { permutation } from '../tensor/random.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';
import { type Pool2dParams, pool2d, pool2dLengths } from './pool2d.ts';
import { pool2dGradient } from './pool2dGradient.ts';

const sizes = [
  { batch: 1, channels: 1, height: 2, width: 2 },
  { batch: 2, channels: 3, height: 5, width: 7 },
  { batch: 1, channels: 2, height: 2, width: 9 },
  { batch: 1, channels: 2, height: 9, width: 2 },
  { batch: 3, channels: 4, height: 14, width: 14 },
];
const cases: Pool2dParams[] = sizes.flatMap((size) =>
  (['max', 'average'] as const).map((kind) => ({ ...size, kind })),
);
const epilogues = ['none', 'times_relu_gradient', 'times_tanh_gradient'] as const;

test.each(cases.flatMap((one) => epilogues.map((epilogue) => ({ ...one, epilogue }))))(
  '$kind of $batch × $channels × $height × $width, $epilogue, replacing and adding',
  async (params) => {
    const [x, y] = pool2dLengths(params);
    const inputs = [randomFloats(x, 1), randomFloats(y, 2), randomFloats(x, 3)];
    await checkKernel(pool2dGradient, { ...params, accumulate: false }, inputs);
    await checkKernel(pool2dGradient, { ...params, accumulate: true }, inputs);
  },
);

test.each(cases)('$kind of $batch × $channels × $height × $width agrees with differences', (params) => {
  const [x, y] = pool2dLengths(params);
  // All different, by .1 at least: no point is within a step of a tie.
  const image = Float64Array.from(permutation(x, 4), (rank) => rank / 10);
  const dy = Float64Array.from(randomFloats(y, 5));
  const loss = (at: Float64Array) =>
    weightedSum(window(referenceRun(pool2d, params, [at, new Float64Array(y)]), 1), dy);
  const whole = { ...params, epilogue: 'none', accumulate: false } as const;
  const dx = window(referenceRun(pool2dGradient, whole, [image, dy, new Float64Array(x).fill(5)]), 2);
  expect(gradientError(loss, Float64Array.from(dx), image)).toBeLessThan(1e-7);
});

test('of equal maxima the first in reading order gets the whole gradient', async () => {
  const x = new Float32Array([1, 2, 5, 5, 2, 0, 1, 5]);
  const params = { batch: 1, channels: 1, height: 2, width: 4, kind: 'max', epilogue: 'none' } as const;
  const inputs = [x, new Float32Array([10, 20]), new Float32Array(8)];
  const { gpu } = await checkKernel(pool2dGradient, { ...params, accumulate: false }, inputs);
  expect(gpu[2]).toEqual(new Float32Array([0, 10, 20, 0, 0, 0, 0, 0]));
});
