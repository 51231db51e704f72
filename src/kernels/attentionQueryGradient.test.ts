// The gradient of attention at its queries: the GPU against float64, float64 against differences.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { attention } from './attention.ts';
import { attentionInputs, attentionSample, attentionShapes } from './attentionCases.ts';
import { attentionQueryGradient } from './attentionQueryGradient.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';

test.each(attentionShapes)(
  '$batch × $positions positions, $heads heads on $kvHeads of width $width',
  async (shape) => {
    const params = { ...shape, accumulate: shape.positions <= 2 };
    const { q, k, v, o, upstream, stats } = attentionInputs(params);
    const inputs = [q, k, v, o, upstream, stats].map((one) => new Float32Array(one));
    await checkKernel(attentionQueryGradient, params, [...inputs, randomFloats(q.length, 6)]);
  },
);

test('it agrees with differences, and a planted error is caught', () => {
  const params = { ...attentionSample, accumulate: false };
  const { q, k, v, o, upstream, stats } = attentionInputs(params);
  const found = referenceRun(attentionQueryGradient, params, [q, k, v, o, upstream, stats, q]);
  const gradient = Float64Array.from(window(found, 6));
  const loss = (at: Float64Array) =>
    weightedSum(window(referenceRun(attention, params, [at, k, v, o, stats]), 3), upstream);
  expect(gradientError(loss, gradient, q)).toBeLessThan(1e-7);
  expect(
    gradientError(
      loss,
      gradient.map((g) => g * 1.0001),
      q,
    ),
  ).toBeGreaterThan(1e-5);
});
