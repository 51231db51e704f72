// The gradient of a mean: the GPU against float64, float64 against differences.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';
import { poolMap } from './poolMap.ts';
import { poolMapGradient } from './poolMapGradient.ts';

const shapes = [
  { batch: 1, channels: 1, spatial: 1 },
  { batch: 3, channels: 5, spatial: 49 },
  { batch: 4, channels: 8, spatial: 4 },
];

test.each(shapes.flatMap((shape) => [false, true].map((accumulate) => ({ ...shape, accumulate }))))(
  '$batch × $channels maps of $spatial positions, accumulate $accumulate',
  async (params) => {
    const planes = params.batch * params.channels;
    await checkKernel(poolMapGradient, params, [
      randomFloats(planes, 1),
      randomFloats(planes * params.spatial, 2),
    ]);
  },
);

test.each(shapes)('$batch × $channels maps of $spatial positions agree with differences', (shape) => {
  const planes = shape.batch * shape.channels;
  const x = Float64Array.from(randomFloats(planes * shape.spatial, 3));
  const dy = Float64Array.from(randomFloats(planes, 4));
  const loss = (at: Float64Array) =>
    weightedSum(window(referenceRun(poolMap, shape, [at, new Float64Array(planes)]), 1), dy);
  const params = { ...shape, accumulate: false };
  const dx = window(referenceRun(poolMapGradient, params, [dy, new Float64Array(x.length)]), 1);
  expect(gradientError(loss, Float64Array.from(dx), x)).toBeLessThan(1e-7);
});
