// Half precision: exact where it can be, nearest even where it cannot.
import { expect, test } from 'vitest';
import { fromHalf, toHalf } from './float16.ts';
import { RandomStream } from './random.ts';

test('all 65,536 halves come back unchanged', () => {
  for (let half = 0; half < 65_536; half++) {
    const value = fromHalf(half);
    if (Number.isNaN(value)) expect(Number.isNaN(fromHalf(toHalf(value)))).toBe(true);
    else expect(toHalf(value)).toBe(half);
  }
});

test('a number becomes the nearest half, and of two equally near the even one', () => {
  const random = new RandomStream(1, 0, 0);
  for (let i = 0; i < 20_000; i++) {
    const value = Math.fround(random.between(-1, 1) * 2 ** random.between(-26, 15.9));
    const half = toHalf(value);
    const found = Math.abs(fromHalf(half) - value);
    for (const other of [half - 1, half + 1]) {
      const distance = Math.abs(fromHalf(other & 0xffff) - value);
      if (Number.isNaN(distance)) continue;
      expect(distance).toBeGreaterThanOrEqual(found);
      if (distance === found && (other & 0x8000) === (half & 0x8000)) expect(half % 2).toBe(0);
    }
  }
});

test('what is too large is infinite, with its sign', () => {
  expect(fromHalf(toHalf(65_504))).toBe(65_504);
  expect(fromHalf(toHalf(65_536))).toBe(Number.POSITIVE_INFINITY);
  expect(fromHalf(toHalf(-1e9))).toBe(Number.NEGATIVE_INFINITY);
});
