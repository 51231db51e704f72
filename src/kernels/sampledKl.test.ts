import { expect, test } from 'vitest';
import { at } from '../tensor/kernel.ts';
import { reverseKlRow } from './klRows.ts';
import { compare } from './rowLossCases.ts';
import { type SampledKlParams, sampledKl, sampledKlRow } from './sampledKl.ts';
import {
  checkAdding,
  checkDerivative,
  checkExtremes,
  checkTerm,
  gpuTerm,
  softmax,
  termInputs,
  testedSlot,
} from './termCases.ts';
import { logSoftmaxOf } from './termRows.ts';

const paramsOf = (rows: number, classes: number): SampledKlParams => ({
  ...{ rows, classes, slot: testedSlot },
  ...{ allRows: rows + 4, first: 2 },
});

test.each([2, 10, 65, 300, 4097])(
  'of %i classes both executors draw the same, and agree on it',
  async (classes) => {
    const inputs = termInputs(3, classes, classes);
    for (const temperature of [1, 4])
      await checkTerm(sampledKl, paramsOf(3, classes), inputs, { temperature });
  },
);

test('it adds to what the row loss left, and leaves rows with a broken logit alone', async () => {
  await checkAdding(sampledKl, paramsOf(3, 5), termInputs(3, 5, 1), { temperature: 2 });
});

test('extreme logits, ties and masks leave no number that is not finite', async () => {
  await checkExtremes(sampledKl, paramsOf, () => ({}));
});

test('the gradient is the derivative with the factor and the sample held', () => {
  checkDerivative((z, u, temperature) => {
    const y = 3;
    const fixed = at(logSoftmaxOf(z, temperature), y) - at(logSoftmaxOf(u, temperature), y);
    const value = sampledKlRow(z, u, temperature, y);
    return { value, loss: (x) => sampledKlRow(x, u, temperature, y, fixed).loss };
  });
});

test('classes are drawn as often as the student answers them', async () => {
  const [rows, classes] = [4000, 5];
  const one = Float32Array.of(1, 0, 2, -1, 0.5);
  const student = Float32Array.from({ length: rows * classes }, (_, i) => one[i % classes] ?? 0);
  const inputs = { student, teacher: student, flags: new Uint32Array(rows).fill(1) };
  const samples = (await gpuTerm(sampledKl, paramsOf(rows, classes), inputs, { temperature: 2 })).get(
    'samples',
  );
  softmax(one, 2).forEach((q, j) => {
    const share = (samples?.filter((y) => y === j).length ?? 0) / rows;
    // Four standard deviations.
    expect(Math.abs(share - q)).toBeLessThan(4 * Math.sqrt((q * (1 - q)) / rows));
  });
});

test('the expectation of its gradient is the gradient of reverse KL', () => {
  const [z, u, t] = [Float64Array.of(1, -0.5, 0.2, 2), Float64Array.of(0, 1, -1, 1.5), 1.5];
  const mean = new Float64Array(4);
  softmax(z, t).forEach((q, y) => {
    sampledKlRow(z, u, t, y).gradient.forEach((g, j) => {
      mean[j] = at(mean, j) + q * g;
    });
  });
  compare('mean gradient', mean, reverseKlRow(z, u, t).gradient, 1e-12);
});
