// The speed that the page tells: steady where evaluations come between, and of the last seconds alone.
import { expect, test } from 'vitest';
import { Speedometer } from './speedometer.ts';

function driven() {
  let [time, samples] = [0, 0];
  const meter = new Speedometer(() => time);
  meter.begin(0);
  const go = (seconds: number, perSecond: number) => {
    const told: number[] = [];
    for (let i = 0; i < seconds * 5; i++) {
      time += 200;
      samples += perSecond / 5;
      told.push(meter.look(samples));
    }
    return told;
  };
  return { meter, go, back: (to: number) => (samples = to) };
}

test('is that of the run, and nothing before half a second', () => {
  const { go } = driven();
  const told = go(4, 100);
  expect(told.slice(0, 2)).toEqual([0, 0]);
  expect(told.at(-1)).toBeCloseTo(100, 6);
});

test('hardly moves where the run stands still for an evaluation, and is the mean of both', () => {
  const { go } = driven();
  const told = [...go(12, 100)];
  for (let i = 0; i < 5; i++) told.push(...go(1, 0), ...go(3, 100));
  const later = told.slice(14 * 5);
  expect(Math.min(...later)).toBeGreaterThan(65);
  expect(Math.max(...later)).toBeLessThan(95);
});

test('forgets what is longer ago than ten seconds', () => {
  const { go } = driven();
  go(30, 10);
  expect(go(11, 200).at(-1)).toBeCloseTo(200, 6);
});

test('is never below nothing where a run goes back', () => {
  const { go, back } = driven();
  go(5, 100);
  back(50);
  expect(Math.min(...go(5, 100))).toBeGreaterThan(0);
});
