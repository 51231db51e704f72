import { expect, test } from 'vitest';
import { adamw, roleBlock } from './adamw.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { healthField, healthLength } from './gradientScale.ts';

const live = {
  learningRate: 4e-3,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  correction1: 1 / (1 - 0.9 ** 3),
  correction2: 1 / (1 - 0.95 ** 3),
};

function health(scale: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(healthLength);
  values[healthField.scale] = scale;
  return values;
}

function state(length: number, scale: number, gradients = randomFloats(length, 1)) {
  const roles = new Float32Array((length / roleBlock) * 2).fill(1);
  return [
    gradients,
    health(scale),
    roles,
    randomFloats(length, 2, 0.5),
    randomFloats(length, 3, 0.1),
    randomFloats(length, 4, 0.1).map(Math.abs),
  ] as const;
}

test.each([64, 256, 320, 16_448])('%i parameters move as in the reference', async (length) => {
  await checkKernel(adamw, { length }, state(length, 1), { live });
  await checkKernel(adamw, { length }, state(length, 0.3), { live });
});

test('the first two steps of one weight are those of the paper, worked by hand', async () => {
  const weights = new Float32Array(64).fill(0.5);
  const gradients = new Float32Array(64).fill(0.2);
  const first = {
    learningRate: 0.1,
    weightDecay: 0.5,
    beta1: 0.5,
    beta2: 0.75,
    correction1: 2,
    correction2: 4,
  };
  const one = await checkKernel(
    adamw,
    { length: 64 },
    [gradients, health(1), new Float32Array(2).fill(1), weights, new Float32Array(64), new Float32Array(64)],
    { live: first },
  );
  // m = .1, v = .01, m̂ = .2, √v̂ = .2: the decay takes .5·.05, the step .1.
  expect(one.gpu[3]?.[0]).toBeCloseTo(0.5 * 0.95 - 0.1, 6);
  expect(one.gpu[4]?.[0]).toBeCloseTo(0.1, 7);
  expect(one.gpu[5]?.[0]).toBeCloseTo(0.01, 7);
});

test('a block of rate 0 is frozen, one of decay 0 is not decayed, one of rate .5 moves half as far', async () => {
  const length = 256;
  const inputs = state(length, 1);
  inputs[2].set([1, 0, 0, 1, 1, 0.5, 1, 1]);
  inputs[0].fill(0, 64, 128);
  inputs[4].fill(0, 64, 128);
  const { gpu } = await checkKernel(adamw, { length }, inputs, { live });
  expect(gpu[3]?.slice(0, 128)).toEqual(inputs[3].slice(0, 128));
  expect(gpu[4]?.slice(0, 64)).toEqual(inputs[4].slice(0, 64));
  expect(gpu[3]?.slice(128, 192)).not.toEqual(inputs[3].slice(128, 192));
});

test('a skipped update leaves weights and moments untouched, though the gradient is NaN', async () => {
  const inputs = state(128, 0, new Float32Array(128).fill(Number.NaN));
  const { gpu } = await checkKernel(adamw, { length: 128 }, inputs, { live });
  for (const binding of [3, 4, 5] as const) expect(gpu[binding]).toEqual(inputs[binding]);
});
