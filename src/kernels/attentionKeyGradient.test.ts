// The gradients of attention at its keys and values: the GPU against float64, float64 against differences.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { attention } from './attention.ts';
import { attentionInputs, attentionSample, attentionShapes } from './attentionCases.ts';
import { attentionKeyGradient } from './attentionKeyGradient.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';

test.each(attentionShapes)(
  '$batch × $positions positions, $heads heads on $kvHeads of width $width',
  async (shape) => {
    const adds = shape.positions <= 2;
    const params = { ...shape, accumulateKey: adds, accumulateValue: adds };
    const { q, k, v, upstream, withMeans } = attentionInputs(params);
    const inputs = [q, k, v, upstream, withMeans].map((one) => new Float32Array(one));
    const kept = [randomFloats(k.length, 6), randomFloats(k.length, 7)];
    await checkKernel(attentionKeyGradient, params, [...inputs, ...kept]);
  },
);

test('both agree with differences, and a planted error is caught', () => {
  const params = { ...attentionSample, accumulateKey: false, accumulateValue: false };
  const { q, k, v, o, upstream, stats, withMeans } = attentionInputs(params);
  const found = referenceRun(attentionKeyGradient, params, [q, k, v, upstream, withMeans, k, v]);
  const [dk, dv] = [Float64Array.from(window(found, 5)), Float64Array.from(window(found, 6))];
  const loss = (keys: Float64Array, values: Float64Array) =>
    weightedSum(window(referenceRun(attention, params, [q, keys, values, o, stats]), 3), upstream);
  expect(gradientError((at) => loss(at, v), dk, k)).toBeLessThan(1e-7);
  expect(gradientError((at) => loss(k, at), dv, v)).toBeLessThan(1e-7);
  const wrong = dk.map((g) => g * 1.0001);
  expect(gradientError((at) => loss(at, v), wrong, k)).toBeGreaterThan(1e-5);
});
