// The check itself: it passes right gradients and catches nearly right ones.
import { expect, test } from 'vitest';
import { gradientError, weightedSum } from './finiteDifference.ts';

const f = (x: Float64Array) => Math.sin(x[0] ?? 0) * Math.exp(x[1] ?? 0);
const gradientAt = (a: number, b: number) =>
  Float64Array.of(Math.cos(a) * Math.exp(b), Math.sin(a) * Math.exp(b));

test('a right gradient agrees with the differences, and the point is left as it was', () => {
  const x = Float64Array.of(0.3, -0.7);
  expect(gradientError(f, gradientAt(0.3, -0.7), x)).toBeLessThan(1e-10);
  expect(x).toEqual(Float64Array.of(0.3, -0.7));
});

test('a gradient that is 1.0001 times too large is caught', () => {
  const wrong = gradientAt(0.3, -0.7).map((value) => value * 1.0001);
  expect(gradientError(f, wrong, Float64Array.of(0.3, -0.7))).toBeGreaterThan(9e-5);
});

test('a gradient of the wrong length is refused', () => {
  expect(() => gradientError(f, new Float64Array(3), Float64Array.of(0, 0))).toThrow('3 derivatives of 2');
});

test('a weighted sum pairs values with weights', () => {
  expect(weightedSum([1, 2, 3], [10, 0, -1])).toBe(7);
});
