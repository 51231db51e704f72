// The teacher that a race is measured with, and how its times are told.
import { expect, test } from 'vitest';
import { secondArmText } from './arms.ts';
import type { Timing } from './contest.ts';
import { multiplyAdds, teacherWidths } from './teacher.ts';
import { stepShapes } from './work.ts';

test('a teacher has at least as many times the multiply–adds as it is asked to have, and hardly more', () => {
  expect(multiplyAdds([256, 128, 128, 10])).toBe(256 * 128 + 128 * 128 + 128 * 10);
  for (const { widths } of stepShapes) {
    const layers = teacherWidths(widths, 4);
    expect([layers.length, layers[0], layers.at(-1)]).toEqual([widths.length, widths[0], widths.at(-1)]);
    const times = multiplyAdds(layers) / multiplyAdds(widths);
    expect(times).toBeGreaterThanOrEqual(4);
    expect(times).toBeLessThan(4.4);
  }
});

test('what a second arm costs is told in parts of the first', () => {
  const timing = (time: number, cpu: number): Timing => {
    return { name: '', first: 0, median: time, low: time, high: time, times: [time, time], cpu };
  };
  const timings = [timing(10, 20), timing(15, 25), timing(4, 8), timing(7, 15)];
  expect(secondArmText(timings)).toBe(
    "a second arm, of the first one's cost: 50 % live, 75 % recorded; in CPU time 25 % live, 88 % recorded",
  );
});
