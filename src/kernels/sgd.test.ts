import { expect, test } from 'vitest';
import { roleBlock } from './adamw.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { healthField, healthLength } from './gradientScale.ts';
import { sgd } from './sgd.ts';

const live = { learningRate: 0.05, weightDecay: 0.01, momentum: 0.9 };

function state(length: number, scale: number, gradients = randomFloats(length, 1)) {
  const health = new Float32Array(healthLength);
  health[healthField.scale] = scale;
  const roles = new Float32Array((length / roleBlock) * 2).fill(1);
  return [gradients, health, roles, randomFloats(length, 2), randomFloats(length, 3)] as const;
}

test.each([64, 256, 320, 16_448])('%i parameters move as in the reference', async (length) => {
  await checkKernel(sgd, { length }, state(length, 1), { live });
  await checkKernel(sgd, { length }, state(length, 0.3), { live });
});

test('the first step without decay is the gradient times the rate', async () => {
  const inputs = state(64, 1);
  inputs[4].fill(0);
  const { gpu } = await checkKernel(sgd, { length: 64 }, inputs, {
    live: { ...live, weightDecay: 0 },
  });
  inputs[3].forEach((weight, i) => {
    expect(gpu[3]?.[i]).toBeCloseTo(weight - 0.05 * (inputs[0][i] ?? 0), 6);
  });
});

test('a frozen block and a skipped update stay as they are, though the gradient is NaN', async () => {
  const inputs = state(128, 1);
  inputs[2].set([1, 0, 1, 1]);
  inputs[0].fill(Number.NaN, 0, 64);
  const frozen = await checkKernel(sgd, { length: 128 }, inputs, { live });
  expect(frozen.gpu[3]?.slice(0, 64)).toEqual(inputs[3].slice(0, 64));
  expect(frozen.gpu[3]?.every(Number.isFinite)).toBe(true);
  const skipped = state(128, 0, new Float32Array(128).fill(Number.NaN));
  const { gpu } = await checkKernel(sgd, { length: 128 }, skipped, { live });
  for (const binding of [3, 4] as const) expect(gpu[binding]).toEqual(skipped[binding]);
});
