// Equality of plain values.
import { expect, test } from 'vitest';
import { isDeepEqual } from './equal.ts';

test('the order of keys does not matter, that of items does', () => {
  expect(isDeepEqual({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
  expect(isDeepEqual([1, 2], [2, 1])).toBe(false);
});

test('one more key, another value, and a list for an object are differences', () => {
  expect(isDeepEqual({ a: 1 }, { a: 1, b: undefined })).toBe(false);
  expect(isDeepEqual({ a: 1 }, { a: 2 })).toBe(false);
  expect(isDeepEqual([], {})).toBe(false);
  expect(isDeepEqual({ a: 1 }, null)).toBe(false);
});
