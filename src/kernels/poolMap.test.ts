// Means over positions against float64, and of numbers far from 0.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { poolMap } from './poolMap.ts';

test.each([
  { batch: 1, channels: 1, spatial: 1 },
  { batch: 3, channels: 21, spatial: 49 },
  { batch: 8, channels: 8, spatial: 16 },
  { batch: 5, channels: 13, spatial: 784 },
])('$batch × $channels maps of $spatial positions are averaged', async (params) => {
  const planes = params.batch * params.channels;
  const x = randomFloats(planes * params.spatial, 1).map((value) => value + 1);
  await checkKernel(poolMap, params, [x, new Float32Array(planes)]);
});

test('the mean of a constant map is the constant', async () => {
  const x = new Float32Array(2 * 64).fill(0.75, 64);
  const { gpu } = await checkKernel(poolMap, { batch: 1, channels: 2, spatial: 64 }, [
    x,
    new Float32Array(2),
  ]);
  expect(gpu[1]).toEqual(new Float32Array([0, 0.75]));
});
