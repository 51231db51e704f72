import { expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import {
  argmax,
  deviation,
  divergence,
  divergences,
  entropy,
  logSoftmax,
  softmax,
  softness,
  softnessTable,
} from './distribution.ts';

const random = new RandomStream(4, 0, 0);
const logits = (n: number, scale: number) => Array.from({ length: n }, () => random.between(-scale, scale));

test('a softmax adds up to 1 at any temperature and for logits of a million', () => {
  for (const scale of [1, 30, 1e6]) {
    for (const temperature of [0.01, 1, 16, 1000]) {
      const p = softmax(logits(10, scale), temperature);
      expect(p.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
      expect(p.every((x) => x >= 0)).toBe(true);
    }
  }
});

test('softmax of (0, log 3) is a quarter and three quarters, at T = 2 it is softer', () => {
  expect([...softmax([0, Math.log(3)])]).toEqual([expect.closeTo(0.25, 15), expect.closeTo(0.75, 15)]);
  expect(softmax([0, Math.log(3)], 2)[1]).toBeCloseTo(Math.sqrt(3) / (1 + Math.sqrt(3)), 14);
});

test('a confident row keeps the digits of its small losses', () => {
  expect(logSoftmax([40, 0])[0]).toBeCloseTo(-Math.exp(-40), 30);
});

test('a temperature outside of its range is taken as the nearest end', () => {
  expect(softmax([1, 2], 0)).toEqual(softmax([1, 2], 0.01));
  expect(softmax([1, 2], 1e9)).toEqual(softmax([1, 2], 1000));
});

test('equal logits spread over all classes, one large logit over one', () => {
  expect(softness([1, 1, 1, 1, 2, 2, 2, 2], 4, 3)).toBeCloseTo(4, 12);
  expect(softness([900, 0, 0, 0], 4, 1)).toBeCloseTo(1, 12);
  expect(softness([], 4, 1)).toBe(1);
  expect(entropy([0.5, 0.5, 0])).toBeCloseTo(Math.log(2), 15);
});

test('divergence is Σ p (log p − log q), in the order of its arguments, and 0 only between equals', () => {
  const [a, b] = [logits(6, 3), logits(6, 3)];
  const [p, q] = [softmax(a, 2), softmax(b, 2)];
  const wanted = p.reduce((sum, x, j) => sum + x * Math.log(x / (q[j] ?? 0)), 0);
  expect(divergence(a, b, 2)).toBeCloseTo(wanted, 13);
  expect(divergences(b, a, 2).forward).toBe(divergence(a, b, 2));
  expect(divergences(b, a, 2).reverse).toBe(divergence(b, a, 2));
  expect(divergence(a, a)).toBe(0);
  expect(
    divergence(
      a,
      a.map((x) => x + 5),
    ),
  ).toBeLessThan(1e-25);
});

test('divergence is finite and never negative for hostile logits', () => {
  for (let i = 0; i < 2_000; i++) {
    const scale = 10 ** random.between(-6, 6);
    const value = divergence(logits(5, scale), logits(5, scale), 10 ** random.between(-2, 3));
    expect(Number.isFinite(value) && value >= 0, `scale ${scale}`).toBe(true);
  }
});

test('of equal numbers the first is the largest', () => {
  expect(argmax([1, 3, 3, 2])).toBe(1);
  expect(argmax([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).toBe(0);
});

test('a table of softness grows with the temperature, from one class towards all', () => {
  const rows = logits(40, 20);
  const table = softnessTable(rows, 4);
  expect(table.map(({ temperature }) => temperature)).toEqual([1, 2, 4, 8, 16, 32]);
  expect(table[4]?.classes).toBe(softness(rows, 4, 16));
  for (let i = 1; i < table.length; i++)
    expect(table[i]?.classes).toBeGreaterThan(table[i - 1]?.classes ?? 4);
});

test('the deviation of 1, 2, 3, 4 about their mean is √1.25, and 0 of none', () => {
  expect(deviation([1, 2, 3, 4])).toBeCloseTo(Math.sqrt(1.25), 14);
  expect(deviation([])).toBe(0);
});
