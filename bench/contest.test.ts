// The timing itself, with a clock that the contestants move.
import { expect, test } from 'vitest';
import { type Contestant, contest, median } from './contest.ts';

test('contestants take turns, and a repetition costs its share of a turn', async () => {
  let clock = 0;
  const log: string[] = [];
  const contestant = (name: string, cost: number): Contestant => ({
    name,
    run: (count) => {
      log.push(`${name}${count}`);
      clock += cost * count + (log.length <= 2 ? 100 : 0);
      return Promise.resolve();
    },
    dispose: () => undefined,
  });
  const timings = await contest([contestant('a', 2), contestant('b', 3)], {
    turns: 2,
    repetitions: 10,
    now: () => clock,
  });
  expect(log).toEqual(['a1', 'a10', 'b1', 'b10', 'a10', 'b10', 'a10', 'b10']);
  expect(timings).toEqual([
    { name: 'a', first: 102, median: 2, low: 2, high: 2 },
    { name: 'b', first: 3, median: 3, low: 3, high: 3 },
  ]);
});

test('the median of an even count lies between the two in the middle', () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});
