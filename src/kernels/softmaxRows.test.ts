import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { extremeInputs } from './rowLossCases.ts';
import { softmaxRows } from './softmaxRows.ts';

const call = (rows: number, classes: number) => [
  randomFloats(rows * classes, 1, 6),
  randomFloats(rows * classes, 2, 6),
  Uint32Array.from({ length: rows }, (_, r) => (r % 3 === 1 ? 2 : 1)),
  new Float32Array(rows * classes).fill(9),
  new Float32Array(rows * classes).fill(9),
];

test.each([2, 65, 2050])(
  'probabilities of %i classes agree with float64, and rows that do not count are 0',
  async (classes) => {
    for (const temperature of [0.5, 4]) {
      const { gpu } = await checkKernel(softmaxRows, { rows: 4, classes }, call(4, classes), {
        live: { temperature },
      });
      expect(gpu[3]?.slice(classes, 2 * classes).every((x) => x === 0)).toBe(true);
    }
  },
);

test('every row of extreme logits sums to 1', async () => {
  const { student, teacher } = extremeInputs(40, 9, 3);
  const empty = new Float32Array(360);
  const inputs = [student, teacher, new Uint32Array(40).fill(1), empty, empty.slice()];
  for (const temperature of [0.01, 1000]) {
    const { gpu } = await checkKernel(softmaxRows, { rows: 40, classes: 9 }, inputs, {
      live: { temperature },
    });
    for (const side of [gpu[3], gpu[4]]) {
      for (let r = 0; r < 40; r++)
        expect(side?.slice(9 * r, 9 * r + 9).reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 5);
    }
  }
});
