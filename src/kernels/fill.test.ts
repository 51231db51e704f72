// One value into every element: exact on the GPU and in the reference.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { fill } from './fill.ts';

test.each([1, 63, 64, 65, 1_000])('every one of %i elements becomes the value', async (length) => {
  const { gpu } = await checkKernel(fill, { length, value: -0.375 }, [randomFloats(length, 1)]);
  expect(gpu[0]).toEqual(new Float32Array(length).fill(-0.375));
});

test('elements past the length keep what they held', async () => {
  const before = randomFloats(100, 2);
  const { gpu } = await checkKernel(fill, { length: 70, value: 0 }, [before]);
  expect(gpu[0]?.subarray(70)).toEqual(before.subarray(70));
});

test('a buffer of more elements than 65,535 workgroups cover is filled to its end', async () => {
  const length = 65_535 * 64 + 65;
  const { gpu } = await checkKernel(fill, { length, value: 2 }, [new Float32Array(length)]);
  expect(gpu[0]?.every((value) => value === 2)).toBe(true);
});
