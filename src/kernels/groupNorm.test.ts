// Group and layer normalisation against float64, at odd shapes and far from 0.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { type GroupNormParams, groupNorm, layerNormParams } from './groupNorm.ts';

const shapes: GroupNormParams[] = [
  { batch: 1, channels: 1, groups: 1, spatial: 1 },
  { batch: 3, channels: 6, groups: 2, spatial: 5 },
  { batch: 2, channels: 7, groups: 7, spatial: 49 },
  { batch: 2, channels: 12, groups: 3, spatial: 16 },
  layerNormParams(5, 63),
  layerNormParams(2, 64),
  layerNormParams(3, 65),
  layerNormParams(1, 1_000),
  { ...layerNormParams(3, 66), rms: true },
];

function inputs({ batch, channels, groups, spatial }: GroupNormParams, offset = 0) {
  const length = batch * channels * spatial;
  return [
    randomFloats(length, 1).map((value) => value + offset),
    randomFloats(channels, 2),
    randomFloats(channels, 3),
    new Float32Array(length),
    new Float32Array(2 * batch * groups),
  ];
}

test.each(shapes)(
  '$batch × $channels × $spatial in $groups groups is as in the reference',
  async (params) => {
    await checkKernel(groupNorm, params, inputs(params));
  },
);

test('numbers around 1,000 lose only the digits that float32 never had', async () => {
  const params = layerNormParams(4, 129);
  await checkKernel(groupNorm, params, inputs(params, 1_000), { norm: 1e-3, relative: 1e-3, absolute: 1e-3 });
});

test('each row of a layer normalisation has mean 0 and variance 1 before scale and offset', async () => {
  const params = layerNormParams(3, 100);
  const [x = new Float32Array(), , , y, stats] = inputs(params);
  const [ones, zeros] = [new Float32Array(100).fill(1), new Float32Array(100)];
  const { gpu } = await checkKernel(
    groupNorm,
    params,
    [x, ones, zeros, y, stats].map((one) => one ?? zeros),
  );
  for (let row = 0; row < 3; row++) {
    const values = [...(gpu[3] ?? [])].slice(row * 100, (row + 1) * 100);
    expect(values.reduce((sum, value) => sum + value, 0) / 100).toBeCloseTo(0, 5);
    expect(values.reduce((sum, value) => sum + value * value, 0) / 100).toBeCloseTo(1, 3);
  }
});

test('each row of an RMS normalisation has mean square 1 before scale, wherever its mean lies', async () => {
  const params = { ...layerNormParams(2, 100), rms: true };
  const [x = new Float32Array(), , beta = x, y = x, stats = x] = inputs(params, 3);
  const { gpu } = await checkKernel(groupNorm, params, [x, new Float32Array(100).fill(1), beta, y, stats]);
  const values = [...(gpu[3] ?? [])].slice(0, 100);
  expect(values.reduce((sum, value) => sum + value * value, 0) / 100).toBeCloseTo(1, 4);
  expect(Math.min(...values)).toBeGreaterThan(0);
});

test('a row of equal numbers becomes the offset, not a NaN', async () => {
  const params = layerNormParams(1, 8);
  const [, gamma, beta, y, stats] = inputs(params);
  const x = new Float32Array(8).fill(3);
  const { gpu } = await checkKernel(
    groupNorm,
    params,
    [x, gamma, beta, y, stats].map((one) => one ?? x),
  );
  expect(gpu[3]).toEqual(beta);
});
