// Adding one buffer to another: one rounding, so the bits are known.
import { expect, test } from 'vitest';
import { add } from './add.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';

test.each([1, 63, 64, 65, 1_023, 1_031, 3_000])(
  'the sum of two buffers of %i is exact to the bit',
  async (length) => {
    const [x, y] = [randomFloats(length, 3), randomFloats(length, 4)];
    const { gpu } = await checkKernel(add, { length }, [x, y]);
    expect(gpu[1]).toEqual(y.map((value, i) => Math.fround(value + (x[i] ?? 0))));
  },
);

test('where it replaces, what was there before is gone', async () => {
  const [x, y] = [randomFloats(65, 3), new Float32Array(65).fill(Number.NaN)];
  const { gpu } = await checkKernel(add, { length: 65, replace: true }, [x, y]);
  expect(gpu[1]).toEqual(x);
});

test('an infinity stays one, and elements past the length keep what they held', async () => {
  const x = new Float32Array([1, Number.POSITIVE_INFINITY, 5]);
  const { gpu } = await checkKernel(add, { length: 2 }, [x, new Float32Array([1, 2, 3])]);
  expect(gpu[1]).toEqual(new Float32Array([2, Number.POSITIVE_INFINITY, 3]));
});
