// The sum of two buffers in a third: one rounding, so the bits are known.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { sum } from './sum.ts';

test.each([1, 64, 65, 1_023, 1_031, 3_000])(
  'the sum of two buffers of %i is exact to the bit',
  async (length) => {
    const [x, y] = [randomFloats(length, 3), randomFloats(length, 4)];
    const { gpu } = await checkKernel(sum, { length }, [x, y, new Float32Array(length)]);
    expect(gpu[2]).toEqual(y.map((value, i) => Math.fround(value + (x[i] ?? 0))));
  },
);
