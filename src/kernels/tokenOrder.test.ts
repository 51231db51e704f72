// Positions sorted by token: exact, stable, and a permutation whatever the tokens are.
import { expect, test } from 'vitest';
import { checkKernel, randomInts } from './checkKernel.ts';
import { tokenOrder } from './tokenOrder.ts';

test.each([
  [1, 1],
  [2, 1],
  [63, 5],
  [64, 1000],
  [65, 3],
  [257, 40],
])(
  '%i positions of up to %i tokens are sorted, earlier ones first among equals',
  async (rows, vocabulary) => {
    const tokens = randomInts(rows, vocabulary, 7);
    const { gpu, reference } = await checkKernel(tokenOrder, { rows }, [tokens, new Uint32Array(rows)]);
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
