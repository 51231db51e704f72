/** What holds of the partial sums of a gradient, whichever form leaves them. */
import { expect, test } from 'vitest';
import type { Kernel } from '../tensor/kernel.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import type { GradientNormParams } from './gradientNorm.ts';

/** `lengths`: multiples of 64 at the edges of the form's steps. */
export function testGradientNorm(
  kernel: Kernel<GradientNormParams>,
  groupsOf: (length: number) => number,
  lengths: readonly number[],
): void {
  const run = (gradients: Float32Array<ArrayBuffer>) => {
    const params = { length: gradients.length, groups: groupsOf(gradients.length) };
    return checkKernel(kernel, params, [gradients, new Float32Array(2 * params.groups).fill(7)]);
  };

  test.each(lengths)(
    'the partials of %i gradients add up to the squared norm, on the GPU as in the reference',
    async (length) => {
      const gradients = randomFloats(length, length, 3);
      const { gpu } = await run(gradients);
      const partial = gpu[1] ?? new Float32Array();
      let squares = 0;
      for (let i = 0; i < partial.length; i += 2) squares += partial[i] ?? 0;
      const wanted = gradients.reduce((sum, g) => sum + g * g, 0);
      expect(Math.abs(squares / wanted - 1)).toBeLessThan(1e-6);
    },
  );

  test('NaN and both infinities are counted by their bits, and left out of the sum', async () => {
    const gradients = randomFloats(70_016, 5);
    gradients.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 3);
    gradients[gradients.length - 1] = Number.NaN;
    const { gpu } = await run(gradients);
    const partial = gpu[1] ?? new Float32Array();
    let bad = 0;
    for (let i = 1; i < partial.length; i += 2) bad += partial[i] ?? 0;
    expect(bad).toBe(4);
    expect(partial.every(Number.isFinite)).toBe(true);
  });

  test('the largest finite float counts as finite', async () => {
    const gradients = new Float32Array(64);
    gradients[9] = -1.5e19;
    const { gpu } = await run(gradients);
    expect((gpu[1] ?? []).filter((_, i) => i % 2 === 1).every((count) => count === 0)).toBe(true);
  });
}
