// Gradients of scale and offset: the GPU against float64, float64 against differences.
import { expect, test } from 'vitest';
import { type Numbers, window } from '../tensor/kernel.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';
import { type GroupNormParams, layerNormParams } from './groupNorm.ts';
import { groupNormParameterGradient } from './groupNormParameterGradient.ts';
import { normCase } from './normCases.ts';

const shapes: GroupNormParams[] = [
  { batch: 1, channels: 1, groups: 1, spatial: 1 },
  { batch: 3, channels: 6, groups: 2, spatial: 15 },
  { batch: 3, channels: 6, groups: 3, spatial: 16 },
  { batch: 40, channels: 5, groups: 1, spatial: 17 },
  layerNormParams(17, 15),
  layerNormParams(33, 65),
  { ...layerNormParams(5, 34), rms: true },
];

test.each(shapes.flatMap((shape) => [false, true].map((accumulate) => ({ ...shape, accumulate }))))(
  '$batch × $channels × $spatial in $groups groups, accumulate $accumulate',
  async (params) => {
    const { x, dy, stats } = normCase(params);
    const inputs = [x, stats, dy].map((one) => new Float32Array(one));
    const { channels } = params;
    await checkKernel(groupNormParameterGradient, params, [
      ...inputs,
      randomFloats(channels, 5),
      randomFloats(channels, 6),
    ]);
  },
);

test.each(shapes)('$batch × $channels × $spatial in $groups groups agrees with differences', (shape) => {
  const params = { ...shape, accumulate: false };
  const { x, gamma, beta, dy, stats, forward } = normCase(shape);
  const zeros = new Float64Array(shape.channels);
  const found = referenceRun(groupNormParameterGradient, params, [x, stats, dy, zeros, zeros]);
  const loss = (scale: Numbers, offset: Numbers) => weightedSum(window(forward(x, scale, offset), 3), dy);
  const [dgamma, dbeta] = [Float64Array.from(window(found, 3)), Float64Array.from(window(found, 4))];
  // A single number normalises to 0, whatever the scale: there its gradient is exactly 0.
  if (shape.channels * shape.spatial === 1) expect(dgamma).toEqual(zeros);
  else expect(gradientError((at) => loss(at, beta), dgamma, gamma)).toBeLessThan(1e-7);
  // An RMS normalisation has no offset.
  if (!shape.rms) expect(gradientError((at) => loss(gamma, at), dbeta, beta)).toBeLessThan(1e-7);
});
