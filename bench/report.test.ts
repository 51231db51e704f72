// What the bench tells of its times, from times that are given.
import { expect, test } from 'vitest';
import type { Timing } from './contest.ts';
import { copyShareText } from './optimiser.ts';
import { comparisonText, withRatios } from './report.ts';
import { teacherShapeOf, teacherWork } from './teacher.ts';

function timing(name: string, time: number, cpu: number): Timing {
  return { name, first: 2 * time, median: time, low: time, high: time, times: [time, time], cpu };
}

test('a table has ratios to the first and shares of the floor, and none of a floor that is of another adapter', () => {
  const entries = withRatios([timing('a', 4, 8), timing('b', 10, 12)]);
  const lines = (floor: number | null) =>
    comparisonText({ work: 'w', floor, entries, remark: 'so' }).split('\n');
  expect(lines(2)).toContain('w: floor 2.00 ms');
  expect(lines(2)).toContain('| b | 10.0 | 10.0–10.0 | 2.50 | 12.0 | 20 % | 20.0 |');
  expect(lines(null)).toContain('w');
  expect(lines(null)).toContain('| a | 4.00 | 4.00–4.00 | 1.00 | 8.00 | – | 8.00 |');
  expect(lines(null)).toContain('so');
});

test('the optimiser is held to the faster of the copies', () => {
  const timings = [timing('own', 10, 20), timing('slow', 15, 30), timing('fast', 9, 15)];
  expect(copyShareText(timings)).toBe('of what the adapter copies: 90 %; in CPU time 75 %');
});

test("a teacher's step is named with its logits, of a vocabulary of at least 32,000 words on any adapter", () => {
  expect(teacherWork(teacherShapeOf(true))).toBe(
    'whole step of 32-16-32768, batch 64, teacher 32-16-32768, 8 MiB of logits',
  );
  for (const software of [true, false]) {
    const { teacher, student } = teacherShapeOf(software);
    expect(teacher.at(-1)).toBeGreaterThanOrEqual(32_000);
    expect([student[0], student.at(-1)]).toEqual([teacher[0], teacher.at(-1)]);
  }
});
