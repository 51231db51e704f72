import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { pairRelation } from './pairRelation.ts';

test.each(['product', 'distance'] as const)('every %s of two rows agrees with float64', async (kind) => {
  for (const [n, size] of [
    [1, 1],
    [7, 3],
    [9, 65],
    [33, 256],
  ] as const) {
    const inputs = [
      randomFloats(n * size, 1, 2),
      randomFloats(n * size, 2, 2),
      new Float32Array(n * n).fill(9),
    ];
    await checkKernel(pairRelation, { n, size, kind }, inputs);
  }
});

test('near neighbours far from the origin keep the digits of their distance', async () => {
  const x = Float32Array.of(1000, 1000, 1000.0625, 1000);
  const { gpu } = await checkKernel(pairRelation, { n: 2, size: 2, kind: 'distance' }, [
    x,
    x,
    new Float32Array(4),
  ]);
  expect([...(gpu[2] ?? [])]).toEqual([0, 0.00390625, 0.00390625, 0]);
});
