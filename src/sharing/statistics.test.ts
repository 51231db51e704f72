import { describe, expect, test } from 'vitest';
import {
  pairedStandardError,
  ratioOfMeans,
  seedInterval,
  standardDeviation,
  tQuantile975,
  wilsonInterval,
} from './statistics.ts';

describe('paired standard error', () => {
  test('equals the standard error of the row-wise differences', () => {
    const first = [1, 1, 1, 0, 0, 1, 0, 1, 1, 0];
    const second = [1, 0, 0, 0, 1, 1, 0, 0, 1, 0];
    const differences = first.map((value, row) => value - (second[row] ?? 0));
    const n = first.length;
    // Population standard deviation over √n, written out in full.
    const centre = differences.reduce((a, b) => a + b, 0) / n;
    const variance = differences.reduce((sum, d) => sum + (d - centre) ** 2, 0) / n;
    expect(pairedStandardError(3, 1, n)).toBeCloseTo(Math.sqrt(variance / n), 12);
  });

  test('is zero where both were right on the same rows', () => {
    expect(pairedStandardError(0, 0, 2000)).toBe(0);
  });
});

describe("Student's t", () => {
  test.each([
    [1, 12.7062],
    [4, 2.7764],
    [10, 2.2281],
    [29, 2.0452],
    [120, 1.9799],
  ])('the .975 quantile at %d degrees of freedom is %f', (degrees, wanted) => {
    expect(tQuantile975(degrees)).toBeCloseTo(wanted, 3);
  });

  test('five seeds give mean ± 2.776·s/√5', () => {
    const values = [24.1, 25, 23.2, 24.9, 23.8];
    const reach = (2.7764 * standardDeviation(values)) / Math.sqrt(5);
    expect(seedInterval(values)?.high).toBeCloseTo(24.2 + reach, 10);
  });

  test('one seed has no interval', () => {
    expect(seedInterval([24.2])).toBeNull();
  });
});

describe("Wilson's interval", () => {
  test('of 0 hits in 1,000 starts at 0 and ends at .0038', () => {
    const { low, high } = wilsonInterval(0, 1000);
    expect(low).toBeCloseTo(0, 12);
    expect(high).toBeCloseTo(0.00383, 4);
  });

  test('of 81 in 263 is the published .255 to .366', () => {
    const { low, high } = wilsonInterval(81, 263);
    expect(low).toBeCloseTo(0.2553, 3);
    expect(high).toBeCloseTo(0.3662, 3);
  });
});

describe('ratio of means', () => {
  test('is the ratio of the sums, inside its interval, and the same every time', () => {
    const once = ratioOfMeans([20, 22, 18, 21, 19], [25, 24, 26, 25, 25]);
    expect(once?.value).toBeCloseTo(0.8, 12);
    expect(once?.interval.low).toBeLessThan(0.8);
    expect(once?.interval.high).toBeGreaterThan(0.8);
    expect(ratioOfMeans([20, 22, 18, 21, 19], [25, 24, 26, 25, 25])).toEqual(once);
  });

  test('is not given where the denominator might be zero', () => {
    expect(ratioOfMeans([1, 1, 1], [0.5, -0.4, 0.1])).toBeNull();
  });
});
