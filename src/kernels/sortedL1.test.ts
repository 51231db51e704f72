import { expect, test } from 'vitest';
import { type SortedL1Params, sortedL1, sortedL1Row } from './sortedL1.ts';
import {
  checkAdding,
  checkDerivative,
  checkExtremes,
  checkTerm,
  softmax,
  termInputs,
  testedSlot,
} from './termCases.ts';
import { tamedRow } from './termRows.ts';

const paramsOf = (rows: number, classes: number, teacherClasses = classes): SortedL1Params => ({
  rows,
  classes,
  teacherClasses,
  slot: testedSlot,
});

test.each([
  [2, 2],
  [10, 10],
  [65, 7],
  [7, 65],
  [300, 300],
  [4097, 2050],
])('%i classes against a teacher of %i agree with float64', async (classes, teacherClasses) => {
  const inputs = termInputs(3, classes, classes, teacherClasses);
  for (const temperature of [1, 4])
    await checkTerm(sortedL1, paramsOf(3, classes, teacherClasses), inputs, { temperature });
});

test('it adds to what the row loss left, and leaves rows with a broken logit alone', async () => {
  await checkAdding(sortedL1, paramsOf(3, 5), termInputs(3, 5, 1), { temperature: 2 });
});

test('extreme logits, ties and masks leave no number that is not finite', async () => {
  await checkExtremes(sortedL1, paramsOf, () => ({}));
});

test('the gradient is the derivative, for as many classes as the teacher, fewer and more', () => {
  for (const teacherClasses of [7, 4, 11]) {
    const { checked, left } = checkDerivative(
      (z, u, temperature) => {
        const value = sortedL1Row(z, u, temperature);
        // With fewer classes than the teacher every rank may be above it: then the loss is constant.
        const flat = value.gradient.every((g) => Math.abs(g) < 1e-9);
        const left = flat || nearKink(z, u, temperature);
        return { value, loss: left ? null : (x) => sortedL1Row(x, u, temperature).loss };
      },
      7,
      teacherClasses,
    );
    expect(checked).toBeGreaterThan(2 * left);
  }
});

/** Two probabilities of one rank, or two logits that could change ranks, lie closer than the differences reach. */
function nearKink(z: Float64Array, u: Float64Array, temperature: number): boolean {
  const [q, p] = [softmax(z, temperature), softmax(u, temperature)].map((x) => x.sort((a, b) => b - a));
  const logits = [...z].sort((a, b) => b - a);
  const changing = logits.some(
    (x, r) => x - (logits[r + 1] ?? Number.NEGATIVE_INFINITY) < 5e-3 * temperature,
  );
  return changing || (q ?? []).some((x, r) => Math.abs(x - (p?.[r] ?? 0)) < 5e-3 * x);
}

test('it is the distance of sorted probabilities, whatever the order of the classes', () => {
  const [z, u] = [Float64Array.of(1, -2, 0.5), Float64Array.of(0, 3, -1, 2)];
  const sorted = (x: Float64Array) => softmax(x, 2).sort((a, b) => b - a);
  const [q, p] = [sorted(z), sorted(u)];
  const wanted = p.reduce((sum, x, r) => sum + Math.abs((q[r] ?? 0) - x), 0);
  expect(sortedL1Row(z, u, 2).loss).toBeCloseTo(wanted, 12);
  expect(sortedL1Row(z.slice().reverse(), u.slice().reverse(), 2).loss).toBeCloseTo(wanted, 12);
  const turned = sortedL1Row(tamedRow(Float32Array.of(3, 0, 2, -1), 0, 4), u, 2);
  expect(turned.loss).toBe(0);
  expect(turned.gradient.every((g) => g === 0)).toBe(true);
});
