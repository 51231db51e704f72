import { expect, test } from 'vitest';
import { digitSkeletons } from './glyphStrokes.ts';

for (const [digit, skeletons] of digitSkeletons.entries()) {
  test(`both drawings of each way to write ${digit} have the same points and corners, inside the box`, () => {
    expect(skeletons.length).toBeGreaterThan(0);
    for (const { weight, from, to } of skeletons) {
      expect(weight).toBeGreaterThan(0);
      const shape = (strokes: typeof from) =>
        strokes.map(({ points, corners }) => ({ length: points.length, corners }));
      expect(shape(from)).toEqual(shape(to));
      for (const { points, corners } of [...from, ...to]) {
        expect(points.length % 2).toBe(0);
        expect(points.length).toBeGreaterThanOrEqual(6);
        expect(points.every((value) => value >= 0 && value <= 100)).toBe(true);
        expect(corners.every((i) => i > 0 && i < points.length / 2 - 1)).toBe(true);
      }
    }
  });
}

test('there are ten digits', () => {
  expect(digitSkeletons.length).toBe(10);
});
