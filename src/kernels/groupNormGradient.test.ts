// The input's gradient of a normalisation: the GPU against float64, float64 against differences.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';
import { type GroupNormParams, layerNormParams } from './groupNorm.ts';
import { groupNormGradient } from './groupNormGradient.ts';
import { normCase } from './normCases.ts';

const shapes: GroupNormParams[] = [
  { batch: 1, channels: 2, groups: 1, spatial: 1 },
  { batch: 3, channels: 6, groups: 2, spatial: 5 },
  { batch: 2, channels: 4, groups: 4, spatial: 16 },
  layerNormParams(5, 63),
  layerNormParams(2, 65),
  { ...layerNormParams(3, 66), rms: true },
];

test.each(shapes.flatMap((shape) => [false, true].map((accumulate) => ({ ...shape, accumulate }))))(
  '$batch × $channels × $spatial in $groups groups, accumulate $accumulate',
  async (params) => {
    const { x, gamma, dy, stats, length } = normCase(params);
    const inputs = [x, gamma, stats, dy].map((one) => new Float32Array(one));
    // Of two numbers, normalised, almost nothing is left of the gradient: what is, are roundings of terms of order 1.
    const nothing = (params.channels / params.groups) * params.spatial === 2 ? 1e-6 : 0;
    await checkKernel(groupNormGradient, params, [...inputs, randomFloats(length, 5)], { nothing });
  },
);

test.each(shapes)('$batch × $channels × $spatial in $groups groups agrees with differences', (shape) => {
  const params = { ...shape, accumulate: false };
  const { x, gamma, beta, dy, stats, forward, length } = normCase(params);
  const dx = window(
    referenceRun(groupNormGradient, params, [x, gamma, stats, dy, new Float64Array(length)]),
    4,
  );
  const error = gradientError(
    (at) => weightedSum(window(forward(at, gamma, beta), 3), dy),
    Float64Array.from(dx),
    x,
    1e-4,
  );
  expect(error).toBeLessThan(1e-7);
});
