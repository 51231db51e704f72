import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planeGrid, planeShapes, planeTask } from './planes.ts';

const draw = (shape: (typeof planeShapes)[number], noise: number, n: number) => {
  const task = planeTask(shape, noise);
  const inputs = new Float32Array(2 * n);
  const labels = Array.from({ length: n }, (_, index) => task.sample(7, 3, index, inputs, 2 * index));
  return { task, inputs, labels };
};

for (const shape of planeShapes) {
  describe(shape, () => {
    test('a point depends on seed, stream and index alone, not on what was drawn before', () => {
      const task = planeTask(shape, 0.1);
      const u32 = fc.nat(0xffff_ffff);
      fc.assert(
        fc.property(u32, fc.nat(8), u32, (seed, stream, index) => {
          const [one, two] = [new Float32Array(2), new Float32Array(4)];
          const label = task.sample(seed, stream, index, one, 0);
          task.sample(seed, stream, index ^ 1, two, 0);
          expect(task.sample(seed, stream, index, two, 2)).toBe(label);
          expect(two.subarray(2)).toEqual(one);
        }),
      );
    });

    test('without noise every point lies where its class is', () => {
      const { task, inputs, labels } = draw(shape, 0, 1_000);
      const wrong = labels.filter(
        (label, row) => task.classAt(inputs[2 * row] ?? 0, inputs[2 * row + 1] ?? 0) !== label,
      );
      // The board's edges lose a few to rounding.
      expect(wrong.length).toBeLessThanOrEqual(shape === 'checkerboard' ? 3 : 0);
    });

    test('classes are about equally frequent and points are about within 2 of the origin', () => {
      const { task, inputs, labels } = draw(shape, 0.05, 3_000);
      const classes = task.classNames.length;
      for (const label of task.classNames.keys()) {
        const count = labels.filter((other) => other === label).length;
        expect(Math.abs(count - 3_000 / classes)).toBeLessThan(150);
      }
      expect(inputs.every((value) => Math.abs(value) < 2.5)).toBe(true);
      expect(Math.max(...inputs)).toBeGreaterThan(1.7);
    });

    test('more noise moves more points across the boundary', () => {
      const errors = [0.05, 0.2, 0.6].map((noise) => {
        const { task, inputs, labels } = draw(shape, noise, 1_000);
        return labels.filter(
          (label, row) => task.classAt(inputs[2 * row] ?? 0, inputs[2 * row + 1] ?? 0) !== label,
        ).length;
      });
      expect(errors).toEqual(errors.toSorted((a, b) => a - b));
      expect(new Set(errors).size).toBe(3);
    });
  });
}

test('the grid starts at the top left, ends at the bottom right and lies inside the extent', () => {
  const grid = planeGrid({ extent: { x: [0, 4], y: [-1, 1] } }, 4);
  expect(grid.length).toBe(32);
  expect([...grid.subarray(0, 4)]).toEqual([0.5, 0.75, 1.5, 0.75]);
  expect([...grid.subarray(30)]).toEqual([3.5, -0.75]);
});

test('points from everywhere fill the four quarters of the picture and know their class', () => {
  const task = planeTask('rings', 0.1);
  const quarters = [0, 0, 0, 0];
  const at = new Float32Array(2);
  for (let index = 0; index < 800; index++) {
    const label = task.everywhere?.(1, 6, index, at, 0);
    const [x = 0, y = 0] = at;
    expect(label).toBe(task.classAt(x, y));
    const quarter = (x > 0 ? 1 : 0) + (y > 0 ? 2 : 0);
    quarters[quarter] = (quarters[quarter] ?? 0) + 1;
  }
  for (const count of quarters) expect(Math.abs(count - 200)).toBeLessThan(60);
});
