import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { type GradientNormParams, gradientNorm, gradientNormGroups } from './gradientNorm.ts';

function paramsOf(length: number): GradientNormParams {
  return { length, groups: gradientNormGroups(length) };
}

function empty(length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(2 * gradientNormGroups(length)).fill(7);
}

test.each([64, 128, 4_032, 4_096, 4_160, 131_072, 2_097_152, 2_097_216])(
  'the partials of %i gradients add up to the squared norm, on the GPU as in the reference',
  async (length) => {
    const gradients = randomFloats(length, length, 3);
    const { gpu } = await checkKernel(gradientNorm, paramsOf(length), [gradients, empty(length)]);
    const partial = gpu[1] ?? new Float32Array();
    let squares = 0;
    for (let i = 0; i < partial.length; i += 2) squares += partial[i] ?? 0;
    const wanted = gradients.reduce((sum, g) => sum + g * g, 0);
    expect(Math.abs(squares / wanted - 1)).toBeLessThan(1e-6);
  },
);

test('NaN and both infinities are counted by their bits, and left out of the sum', async () => {
  const length = 70_016;
  const gradients = randomFloats(length, 5);
  gradients.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 3);
  gradients[length - 1] = Number.NaN;
  const { gpu } = await checkKernel(gradientNorm, paramsOf(length), [gradients, empty(length)]);
  const partial = gpu[1] ?? new Float32Array();
  let bad = 0;
  for (let i = 1; i < partial.length; i += 2) bad += partial[i] ?? 0;
  expect(bad).toBe(4);
  expect(partial.every(Number.isFinite)).toBe(true);
});

test('the largest finite float counts as finite', async () => {
  const gradients = new Float32Array(64);
  gradients[9] = -1.5e19;
  const { gpu } = await checkKernel(gradientNorm, paramsOf(64), [gradients, empty(64)]);
  expect((gpu[1] ?? []).filter((_, i) => i % 2 === 1).every((count) => count === 0)).toBe(true);
});
