import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { ema } from './ema.ts';
import { healthField, healthLength } from './gradientScale.ts';

function state(length: number, scale = 1) {
  const health = new Float32Array(healthLength);
  health[healthField.scale] = scale;
  return [health, randomFloats(length, 1), randomFloats(length, 2)] as const;
}

test.each([64, 256, 320, 16_448])('%i averages move as in the reference', async (length) => {
  for (const averageShare of [0.1, 1e-4])
    await checkKernel(ema, { length }, state(length), { live: { averageShare } });
});

test('weights that stand still are approached by the decay to the power of the steps', async () => {
  const [health, weights, first] = state(64);
  let average = first;
  for (let step = 0; step < 5; step++) {
    const { gpu } = await checkKernel(ema, { length: 64 }, [health, weights, average], {
      live: { averageShare: 0.25 },
    });
    average = Float32Array.from(gpu[2] ?? []);
  }
  average.forEach((value, i) => {
    const [weight = 0, start = 0] = [weights[i], first[i]];
    expect(value).toBeCloseTo(weight + 0.75 ** 5 * (start - weight), 6);
  });
});

test('a decay of 0 is a copy, and a skipped update averages nothing', async () => {
  const inputs = state(128);
  const copied = await checkKernel(ema, { length: 128 }, inputs, { live: { averageShare: 1 } });
  copied.gpu[2]?.forEach((value, i) => {
    expect(value).toBeCloseTo(inputs[1][i] ?? 0, 6);
  });
  const skipped = state(128, 0);
  const { gpu } = await checkKernel(ema, { length: 128 }, skipped, { live: { averageShare: 0.5 } });
  expect(gpu[2]).toEqual(skipped[2]);
});
