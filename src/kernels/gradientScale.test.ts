import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { gradientScale, healthField, healthLength } from './gradientScale.ts';

/** Partials whose squares add up to `norm`², and `bad` non-finite elements. */
function partials(groups: number, norm: number, bad = 0): Float32Array<ArrayBuffer> {
  const shares = randomFloats(groups, groups).map((x) => Math.abs(x) + 0.1);
  const total = shares.reduce((sum, x) => sum + x, 0);
  const partial = new Float32Array(2 * groups);
  shares.forEach((share, i) => {
    partial[2 * i] = (share / total) * norm * norm;
  });
  partial[2 * groups - 1] = bad;
  return partial;
}

async function step(
  health: Float32Array<ArrayBuffer>,
  partial: Float32Array<ArrayBuffer>,
  clipNorm = 0,
): Promise<Float32Array<ArrayBuffer>> {
  const { gpu } = await checkKernel(gradientScale, { groups: partial.length / 2 }, [partial, health], {
    live: { clipNorm },
  });
  return Float32Array.from(gpu[1] ?? []);
}

test.each([32, 64, 96, 480, 1_024, 4_096])(
  'the norm of %i partials is found and nothing is scaled',
  async (groups) => {
    const health = await step(new Float32Array(healthLength), partials(groups, 2.5));
    expect(health[healthField.norm]).toBeCloseTo(2.5, 5);
    expect(health[healthField.scale]).toBe(1);
    expect(health[healthField.skipped]).toBe(0);
  },
);

test('a gradient longer than the limit is scaled to it and counted; a shorter one is not', async () => {
  let health = await step(new Float32Array(healthLength), partials(64, 4), 1);
  expect(health[healthField.scale]).toBeCloseTo(0.25, 6);
  expect(health[healthField.clipped]).toBe(1);
  health = await step(health, partials(64, 0.5), 1);
  expect(health[healthField.scale]).toBe(1);
  expect(health[healthField.clipped]).toBe(1);
});

test('a gradient of zero is not clipped into NaN', async () => {
  const health = await step(new Float32Array(healthLength), new Float32Array(128), 1);
  expect(health[healthField.scale]).toBe(1);
  expect(health[healthField.norm]).toBe(0);
});

test('a non-finite gradient skips the update; a finite one afterwards starts the count again', async () => {
  let health = await step(new Float32Array(healthLength), partials(64, 1, 2), 1);
  expect([...health.slice(0, 7)]).toEqual([0, 0, 1, 1, 0, 0, 1]);
  health = await step(health, partials(64, 1), 2);
  expect([...health.slice(1, 7)]).toEqual([1, 0, 1, 0, 0, 0]);
});

test('three non-finite gradients in a row halt the updates, until the host writes zeros', async () => {
  let health: Float32Array<ArrayBuffer> = new Float32Array(healthLength);
  for (let i = 0; i < 3; i++) health = await step(health, partials(64, 1, 1));
  expect(health[healthField.halted]).toBe(1);
  health = await step(health, partials(64, 1));
  expect([...health.slice(1, 7)]).toEqual([0, 3, 4, 0, 1, 0]);
  health[healthField.halted] = 0;
  health[healthField.nonFiniteInARow] = 0;
  health = await step(health, partials(64, 1));
  expect(health[healthField.scale]).toBe(1);
  expect(health[healthField.skipped]).toBe(4);
});

test('a sum of squares that overflows a float skips the update', async () => {
  const partial = new Float32Array(128).fill(1e37);
  for (let i = 1; i < partial.length; i += 2) partial[i] = 0;
  const health = await step(new Float32Array(healthLength), partial);
  expect(health[healthField.scale]).toBe(0);
  expect(health[healthField.nonFiniteNow]).toBe(1);
});
