import { expect, test } from 'vitest';
import { checkKernel, randomFloats, randomInts } from './checkKernel.ts';
import { sortRows } from './sortRows.ts';

/** No tolerance: an order is right or wrong. */
const exact = { norm: 0, absolute: 0, relative: 0 } as const;

const order = async (values: Float32Array<ArrayBuffer>, rows: number) => {
  const n = values.length / rows;
  const { gpu } = await checkKernel(
    sortRows,
    { rows, n },
    [values, new Uint32Array(rows * n).fill(7)],
    exact,
  );
  return [...(gpu[1] ?? [])];
};

test.each([1, 2, 3, 63, 64, 65, 1023, 1024, 1025, 4097])(
  'rows of %i values are put into descending order, in workgroup memory and in storage',
  async (n) => {
    const found = await order(randomFloats(3 * n, n, 5), 3);
    expect(new Set(found.slice(n, 2 * n)).size).toBe(n);
  },
);

test('equal values keep the order of their indices', async () => {
  expect(await order(Float32Array.of(1, 2, 1, 2, 0, -0, 2), 1)).toEqual([1, 3, 6, 0, 2, 4, 5]);
  for (const n of [130, 1500]) await order(Float32Array.from(randomInts(2 * n, 4, n)), 2);
  expect(await order(new Float32Array(2000), 1)).toEqual([...new Array(2000).keys()]);
});

test('a suppressed class counts as the lowest logit, and what is no number as 0', async () => {
  const values = Float32Array.of(
    -3,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    1e9,
    1e6,
    Number.POSITIVE_INFINITY,
    -2e6,
  );
  expect(await order(values, 1)).toEqual([3, 4, 2, 5, 0, 1, 6]);
});

test('200,000 classes are sorted', async () => {
  await order(randomFloats(200_000, 9, 10), 1);
});
