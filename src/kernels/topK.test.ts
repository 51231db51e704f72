import { expect, test } from 'vitest';
import { checkKernel, randomFloats, randomInts } from './checkKernel.ts';
import { logNothing, topK } from './topK.ts';

const choose = (teacher: Float32Array<ArrayBuffer>, rows: number, k: number, temperature = 1) =>
  checkKernel(
    topK,
    { rows, classes: teacher.length / rows, k },
    [
      teacher,
      new Uint32Array(rows * k).fill(7),
      new Float32Array(rows * k).fill(7),
      new Float32Array(rows).fill(7),
    ],
    { live: { temperature } },
  );

test.each([
  [2, 1],
  [10, 10],
  [65, 64],
  [130, 128],
  [4097, 128],
])(
  'of %i classes the %i most probable are chosen, with their logarithms and that of the rest',
  async (classes, k) => {
    for (const temperature of [0.5, 4])
      await choose(randomFloats(3 * classes, classes + k, 6), 3, k, temperature);
  },
);

test('of equal logits the lower indices are chosen', async () => {
  const { gpu } = await choose(new Float32Array(300).fill(-2), 1, 5);
  expect([...(gpu[1] ?? [])]).toEqual([0, 1, 2, 3, 4]);
  await choose(
    Float32Array.from(randomInts(600, 3, 1), (x) => x - 1),
    2,
    100,
  );
});

test('a tail far below the precision of 1 keeps its digits', async () => {
  const teacher = Float32Array.of(40, 0, -1, -2);
  const { gpu } = await choose(teacher, 1, 1);
  expect((gpu[3]?.[0] ?? 0) / (Math.log(1 + Math.exp(-1) + Math.exp(-2)) - 40)).toBeCloseTo(1, 6);
});

test('where every class is chosen nothing is left', async () => {
  const { gpu } = await choose(randomFloats(12, 3, 5), 2, 6);
  expect([...(gpu[3] ?? [])]).toEqual([Math.fround(logNothing), Math.fround(logNothing)]);
});

test('suppressed and immense logits leave no number that is not finite', async () => {
  const teacher = randomFloats(200, 5, 1e6);
  teacher.set([Number.NEGATIVE_INFINITY, 1e6, -1e6, Number.NEGATIVE_INFINITY], 10);
  for (const temperature of [0.01, 1, 1000]) {
    const { gpu } = await choose(teacher, 2, 7, temperature);
    for (const binding of gpu.slice(1)) expect([...binding].every(Number.isFinite)).toBe(true);
  }
});
