// What is said of a teacher that guesses, after it was asked under each usual scaling.
import { expect, test } from 'vitest';
import { hintOf } from './scalingHint.ts';

test('the scaling under which the teacher is right most often is named as it is typed', () => {
  expect(hintOf({ rows: 200, right: [20, 190, 141, 200] }, 10)).toMatch(
    /guessing; under --scale 0\.1307,0\.3081 it is right about 200 of 200\.$/,
  );
  expect(hintOf({ rows: 200, right: [20, 90, 141, 100] }, 10)).toContain('--scale 0,0.00392157 ');
});

test('where it guesses under each, that is said', () => {
  expect(hintOf({ rows: 200, right: [20, 21, 19, 22] }, 10)).toContain('under every usual scaling');
});
