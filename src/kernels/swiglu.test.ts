// The gate of SwiGLU against float64, saturated gates included.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { swiglu } from './swiglu.ts';

test.each([1, 63, 64, 65, 1_031])('%i gates are as in the reference', async (length) => {
  const inputs = [randomFloats(length, 1, 6), randomFloats(length, 2, 2), new Float32Array(length)];
  await checkKernel(swiglu, { length }, inputs);
});

test('a gate far below 0 is shut, and one far above 0 passes itself', async () => {
  const gate = new Float32Array([-1e6, -200, 0, 200, 1e6]);
  const { gpu } = await checkKernel(
    swiglu,
    { length: 5 },
    [gate, new Float32Array(5).fill(2), new Float32Array(5)],
    { absolute: 1e-25 },
  );
  expect([...(gpu[2] ?? [])].slice(2)).toEqual([0, 400, 2e6]);
});
