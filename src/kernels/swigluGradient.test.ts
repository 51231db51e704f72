// Both gradients of a SwiGLU gate: the GPU against float64, float64 against differences.
import { expect, test } from 'vitest';
import { window } from '../tensor/kernel.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';
import { swiglu } from './swiglu.ts';
import { swigluGradient } from './swigluGradient.ts';

test.each([1, 63, 64, 65, 1_031])('%i gates are as in the reference', async (length) => {
  const inputs = [1, 2, 3, 4, 5].map((seed) => randomFloats(length, seed, seed === 1 ? 6 : 2));
  await checkKernel(swigluGradient, { length }, inputs);
});

test('both agree with differences', () => {
  const length = 60;
  const [gate, value, dy, zeros] = [1, 2, 3, 4].map((seed) =>
    Float64Array.from(randomFloats(length, seed, seed === 1 ? 5 : 1)),
  );
  if (!gate || !value || !dy || !zeros) throw new Error('four inputs');
  const found = referenceRun(swigluGradient, { length }, [gate, value, dy, zeros, zeros]);
  const loss = (a: Float64Array, b: Float64Array) =>
    weightedSum(window(referenceRun(swiglu, { length }, [a, b, zeros]), 2), dy);
  const [dgate, dvalue] = [3, 4].map((i) => Float64Array.from(window(found, i)));
  if (!dgate || !dvalue) throw new Error('two gradients');
  expect(gradientError((at) => loss(at, value), dgate, gate)).toBeLessThan(1e-7);
  expect(gradientError((at) => loss(gate, at), dvalue, value)).toBeLessThan(1e-7);
});
