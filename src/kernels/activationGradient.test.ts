// Derivatives of activations: the GPU against float64, and float64 against differences of the activation.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { activation, activationKinds } from './activation.ts';
import { activationGradient } from './activationGradient.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';

test.each(activationKinds.flatMap((kind) => [1, 63, 64, 65, 1_031].map((length) => ({ kind, length }))))(
  'the derivative of $kind over $length numbers is that of the reference',
  async ({ kind, length }) => {
    const saved = randomFloats(length, 2, kind === 'gelu' ? 5 : 1);
    await checkKernel(activationGradient, { length, kind }, [saved, randomFloats(length, 3)]);
  },
);

test.each(activationKinds)('the derivative of %s agrees with differences of it', (kind) => {
  const length = 200;
  const params = { length, kind };
  // Points within a step of relu's kink are moved away from it.
  const x = Float64Array.from(randomFloats(length, 4, 3), (v) => (Math.abs(v) < 0.01 ? v + 0.02 : v));
  const dy = Float64Array.from(randomFloats(length, 5));
  const forward = (at: Float64Array) =>
    window(referenceRun(activation, params, [at, new Float64Array(length)]), 1);
  const saved = kind === 'gelu' ? x : forward(x);
  const dx = Float64Array.from(window(referenceRun(activationGradient, params, [saved, dy]), 1));
  expect(gradientError((at) => weightedSum(forward(at), dy), dx, x)).toBeLessThan(1e-7);
});

test('the derivative of relu at 0 and below is 0', async () => {
  const d = new Float32Array([1, -2, 3]);
  const { gpu } = await checkKernel(activationGradient, { length: 3, kind: 'relu' }, [
    new Float32Array([0, -1, 2]),
    d,
  ]);
  expect(gpu[1]).toEqual(new Float32Array([0, 0, 3]));
});
