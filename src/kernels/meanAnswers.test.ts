// Several teachers as one: the GPU against the reference, and both against the mean worked out by hand.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { type MeanAnswersParams, meanAnswers, teacherWeights } from './meanAnswers.ts';

const weighted = (weights: readonly number[]) => {
  return { live: Object.fromEntries(teacherWeights.map((name, k) => [name, weights[k] ?? 0])) };
};
const call = (rows: number, classes: number) => [
  ...[1, 2, 3, 4].map((seed) => randomFloats(rows * classes, seed, 6)),
  new Float32Array(rows * classes).fill(9),
];
const softmax = (row: readonly number[]) => {
  const exp = row.map((z) => Math.exp(z - Math.max(...row)));
  return exp.map((e) => e / exp.reduce((sum, one) => sum + one, 0));
};

test.each(['probabilities', 'logits'] as const)(
  'means of %s agree with float64 over few and many classes',
  async (combine) => {
    for (const classes of [2, 65, 300])
      await checkKernel(
        meanAnswers,
        { rows: 3, classes, combine },
        call(3, classes),
        weighted([0.1, 0.2, 0.3, 0.4]),
      );
  },
);

test('probabilities are averaged by weight, whatever the offset of the logits', async () => {
  const params: MeanAnswersParams = { rows: 1, classes: 3, combine: 'probabilities' };
  const [a, b] = [Float32Array.of(1, 2, 3), Float32Array.of(103, 100, 100)];
  const { gpu } = await checkKernel(
    meanAnswers,
    params,
    [a, b, a, a, new Float32Array(3)],
    weighted([0.25, 0.75]),
  );
  const wanted = softmax([...a]).map((p, j) => 0.25 * p + 0.75 * (softmax([...b])[j] ?? 0));
  wanted.forEach((p, j) => {
    expect(Math.exp(gpu[4]?.[j] ?? 0)).toBeCloseTo(p, 5);
  });
});

test('a class that one excludes another may give; without a weight nothing that a teacher says counts', async () => {
  const excludes = Float32Array.of(0, Number.NEGATIVE_INFINITY);
  const [even, broken] = [Float32Array.of(0, 0), Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY)];
  const of = async (weights: readonly number[], combine: MeanAnswersParams['combine']) => {
    const inputs = [excludes, even, broken, even, new Float32Array(2)];
    const { gpu } = await checkKernel(
      meanAnswers,
      { rows: 1, classes: 2, combine },
      inputs,
      weighted(weights),
    );
    return [...(gpu[4] ?? [])];
  };
  expect(Math.exp((await of([0.5, 0.5], 'probabilities'))[1] ?? 0)).toBeCloseTo(0.25, 6);
  expect((await of([0.5, 0.5], 'logits'))[1]).toBeLessThan(-1e5);
  expect(Math.exp((await of([0, 1], 'logits'))[1] ?? 0)).toBeCloseTo(0.5, 6);
  expect((await of([1, 0], 'probabilities'))[1]).toBeCloseTo(Math.log(2 ** -126), 3);
  expect(await of([0, 0.5, 0.5], 'probabilities')).toEqual([Number.NaN, Number.NaN]);
});
