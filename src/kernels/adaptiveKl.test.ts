import { expect, test } from 'vitest';
import { adaptiveKl, adaptiveKlRow, adaptiveWeights } from './adaptiveKl.ts';
import { forwardKlRow, reverseKlRow } from './klRows.ts';
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
import { type TermRows, tamedRow } from './termRows.ts';

const paramsOf = (rows: number, classes: number): TermRows => ({ rows, classes, slot: testedSlot });

test.each([2, 10, 65, 300, 4097])('%i classes agree with float64', async (classes) => {
  const inputs = termInputs(3, classes, classes);
  for (const temperature of [1, 4]) {
    // Another precision may put a class to the other side of μ where the mass comes near to it.
    for (let r = 0; r < 3; r++) {
      const [z, u] = [tamedRow(inputs.student, r, classes), tamedRow(inputs.teacher, r, classes)];
      expect(adaptiveWeights(z, u, temperature, 0.5).clearance).toBeGreaterThan(1e-5);
    }
    await checkTerm(adaptiveKl, paramsOf(3, classes), inputs, { temperature, parameters: [0.5] });
  }
});

test('it adds to what the row loss left, and leaves rows with a broken logit alone', async () => {
  await checkAdding(adaptiveKl, paramsOf(3, 5), termInputs(3, 5, 1), { temperature: 2, parameters: [0.5] });
});

test('extreme logits, ties and masks leave no number that is not finite', async () => {
  await checkExtremes(adaptiveKl, paramsOf, () => ({ parameters: [0.5] }));
});

test('the gradient is the derivative with both weights held', () => {
  const { left } = checkDerivative((z, u, temperature) => {
    const weights = adaptiveWeights(z, u, temperature, 0.5);
    const value = adaptiveKlRow(z, u, temperature, weights);
    return { value, loss: (x) => adaptiveKlRow(x, u, temperature, weights).loss };
  });
  expect(left).toBe(0);
});

test('the weights are the gaps among the likely and the unlikely classes', () => {
  const [z, u] = [Float64Array.of(0, 1, 2, 0.5), Float64Array.of(3, 0, 1, -1)];
  const [q, p] = [softmax(z, 1), softmax(u, 1)];
  const gap = p.map((x, j) => Math.abs(x - (q[j] ?? 0)));
  // In ascending order of p: class 3, 1, 2, and with class 0 the mass exceeds ½.
  const [head, tail] = [gap[0] ?? 0, (gap[1] ?? 0) + (gap[2] ?? 0) + (gap[3] ?? 0)];
  const found = adaptiveWeights(z, u, 1, 0.5);
  expect(found.head).toBeCloseTo(head / (head + tail), 12);
  expect(found.tail).toBeCloseTo(tail / (head + tail), 12);
  const { loss } = adaptiveKlRow(z, u, 1, found);
  const sum = found.head * forwardKlRow(z, u, 1).loss + found.tail * reverseKlRow(z, u, 1).loss;
  expect(loss).toBeCloseTo(sum, 12);
});

test('with μ = 0 it is forward KL, with μ above 1 reverse KL', async () => {
  const inputs = termInputs(2, 9, 4);
  const flags = Uint32Array.of(1, 1);
  for (const [mu, kl] of [
    [0, forwardKlRow],
    [1.1, reverseKlRow],
  ] as const) {
    const found = await gpuTerm(
      adaptiveKl,
      paramsOf(2, 9),
      { ...inputs, flags },
      { temperature: 2, parameters: [mu] },
    );
    for (let r = 0; r < 2; r++) {
      const wanted = kl(tamedRow(inputs.student, r, 9), tamedRow(inputs.teacher, r, 9), 2);
      expect((found.get('stats')?.[16 * r + 2 + testedSlot] ?? 0) / wanted.loss).toBeCloseTo(0.25, 5);
    }
  }
});

test('a student equal to its teacher has neither loss nor gradient', async () => {
  const inputs = termInputs(3, 10, 2);
  const same = { ...inputs, teacher: inputs.student };
  const found = await gpuTerm(adaptiveKl, paramsOf(3, 10), same, { temperature: 1, parameters: [0.5] });
  expect(found.get('gradient')?.every((g) => g === 0)).toBe(true);
  expect(found.get('stats')?.every((x) => x === 0)).toBe(true);
});
