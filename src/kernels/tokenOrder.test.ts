// Positions sorted by token: exact, stable, and a permutation whatever the tokens are.
import { expect, test } from 'vitest';
import { checkKernel, randomInts } from './checkKernel.ts';
import { tokenOrder } from './tokenOrder.ts';

test.each([
  [1, 1, false],
  [2, 1, false],
  [63, 5, false],
  [64, 1000, false],
  [65, 3, false],
  [257, 40, false],
  // As a GPU runs it.
  [1, 1, true],
  [17, 3, true],
  [255, 5, true],
  [257, 40, true],
])(
  '%i positions of up to %i tokens are sorted, earlier ones first among equals; discrete: %s',
  async (rows, vocabulary, discrete) => {
    const tokens = randomInts(rows, vocabulary, 7);
    const { gpu, reference } = await checkKernel(tokenOrder, { rows, discrete }, [
      tokens,
      new Uint32Array(rows),
    ]);
    const order = [...(gpu[1] ?? [])];
    expect(order).toEqual([...(reference[1] ?? [])]);
    expect(order.toSorted((a, b) => a - b)).toEqual(order.map((_, i) => i));
    for (let i = 1; i < rows; i++) {
      const [left = 0, right = 0] = [order[i - 1], order[i]];
      const [a = 0, b = 0] = [tokens[left], tokens[right]];
      expect(a < b || (a === b && left < right)).toBe(true);
    }
  },
);
