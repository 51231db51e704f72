// What a run of own files starts from.
import { expect, test } from 'vitest';
import { bestScaling, isGuessing, rowShares } from './ownData.ts';

test('rows of a user’s data are shared out to the last one', () => {
  expect(rowShares(10_000)).toEqual({ transfer: 6_000, validation: 1_000, test: 3_000 });
  const { transfer, validation, test: judged } = rowShares(17);
  expect(transfer + validation + judged).toBe(17);
});

test('a teacher of ten classes guesses at a tenth right, and one of two at a half; a poor one that has learnt does not', () => {
  expect([isGuessing(0.098, 10), isGuessing(0.5, 2)]).toEqual([true, true]);
  expect([isGuessing(0.2, 10), isGuessing(0.65, 2)]).toEqual([false, false]);
});

test('the best scaling is the one with the most right answers, the first of equals, and none where all are guesses', () => {
  expect(bestScaling({ rows: 200, right: [40, 30, 22, 198] }, 10)).toBe('mnist');
  expect(bestScaling({ rows: 200, right: [150, 150, 20, 20] }, 10)).toBe('unit');
  expect(bestScaling({ rows: 200, right: [20, 23, 18, 21] }, 10)).toBeNull();
});
