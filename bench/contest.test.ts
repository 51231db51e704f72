// The timing itself, with a clock that the contestants move.
import { expect, test } from 'vitest';
import { type Contestant, contest, median, pairedRatio } from './contest.ts';

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
    cpu: () => 2 * clock,
  });
  expect(log).toEqual(['a1', 'a10', 'b1', 'b10', 'a10', 'b10', 'a10', 'b10']);
  expect(timings).toEqual([
    { name: 'a', first: 102, median: 2, low: 2, high: 2, times: [2, 2], cpu: 4 },
    { name: 'b', first: 3, median: 3, low: 3, high: 3, times: [3, 3], cpu: 6 },
  ]);
  expect(pairedRatio(timings[0], timings[1])).toBe(1.5);
});

test('a GPU is warm before a turn counts, and a turn is long beside its fence', async () => {
  let clock = 0;
  const counts: number[] = [];
  const contestant: Contestant = {
    name: 'a',
    run: (count) => {
      counts.push(count);
      // The clock of the GPU rises: what comes later takes half as long.
      clock += (clock < 100 ? 2 : 1) * count;
      return Promise.resolve();
    },
    dispose: () => undefined,
  };
  const warmth = { workMs: 150, turnMs: 60 };
  const [timing] = await contest([contestant], { turns: 2, repetitions: 4, warmth, now: () => clock });
  expect(counts).toEqual([1, 4, 30, 30, 30, 30, 30]);
  expect(timing?.times).toEqual([1, 1]);
});

test('a ratio is of turns beside each other, so that a machine that slows down half-way does not move it', () => {
  const timing = (times: readonly number[]) => {
    return { name: '', first: 0, median: 0, low: 0, high: 0, times, cpu: 0 };
  };
  expect(pairedRatio(timing([1, 1, 4, 4, 4]), timing([2, 2, 8, 8, 9]))).toBe(2);
  expect(pairedRatio(timing([1]), undefined)).toBeNaN();
});

test('the median of an even count lies between the two in the middle', () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});
