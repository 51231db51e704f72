// Which scaling is chosen of those that a teacher was asked under.
import { expect, test } from 'vitest';
import { bestScaling } from './ownFiles.ts';

test('the best scaling is the one with the most right answers, the first of equals, and none where all are guesses', () => {
  expect(bestScaling({ rows: 200, right: [40, 30, 22, 198] }, 10)).toBe('mnist');
  expect(bestScaling({ rows: 200, right: [150, 150, 20, 20] }, 10)).toBe('unit');
  expect(bestScaling({ rows: 200, right: [20, 23, 18, 21] }, 10)).toBeNull();
});
