import { expect, test } from 'vitest';
import { at } from '../tensor/kernel.ts';
import { forwardKlRow, reverseKlRow } from './klRows.ts';
import { sparseOf } from './rankedTerms.ts';
import {
  firstOf,
  type SparseKlParams,
  type SparseMode,
  sparseKl,
  sparseKlRow,
  sparseModes,
} from './sparseKl.ts';
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
import { logSoftmaxOf, tamedRow } from './termRows.ts';
import { logNothing, logSumExp } from './topK.ts';

const paramsOf =
  (mode: SparseMode, width: number, stored: number | null = null) =>
  (rows: number, classes: number): SparseKlParams => ({
    rows,
    classes,
    slot: testedSlot,
    mode,
    width: Math.min(width, classes),
    stored,
  });

test.each(sparseModes)('%s agrees with float64', async (mode) => {
  for (const [classes, width, k] of [
    [2, 1, 1],
    [10, 10, 4],
    [10, 10, 10],
    [300, 128, 100],
    [4097, 128, 128],
  ] as const) {
    const inputs = termInputs(3, classes, classes + k);
    // Of one class alone nothing is learnt.
    const nothing = k === 1 ? 1e-8 : 0;
    for (const temperature of [0.7, 4]) {
      const settings = { temperature, width, parameters: [k], nothing };
      await checkTerm(sparseKl, paramsOf(mode, width)(3, classes), inputs, settings);
    }
    // Log-probabilities stored at another temperature than that of the step.
    const stored = paramsOf(mode, width, 2)(3, classes);
    await checkTerm(sparseKl, stored, inputs, { temperature: 5, width, parameters: [k], nothing });
  }
});

test('it adds to what the row loss left, and leaves rows with a broken logit alone', async () => {
  for (const mode of sparseModes) {
    const settings = { temperature: 2, width: 3, parameters: [3] };
    await checkAdding(sparseKl, paramsOf(mode, 3)(3, 5), termInputs(3, 5, 1), settings);
  }
});

test.each(sparseModes)(
  '%s: extreme logits, ties and masks leave no number that is not finite',
  async (mode) => {
    await checkExtremes(sparseKl, paramsOf(mode, 5), (classes) => ({
      width: Math.min(5, classes),
      parameters: [4],
    }));
  },
);

test.each(sparseModes)('the gradient of %s is the derivative of its loss', (mode) => {
  for (const k of [1, 3, 7]) {
    const { left } = checkDerivative((z, u, temperature) => {
      const teacher = sparseOf(u, temperature, k);
      const value = sparseKlRow(mode, z, teacher, temperature);
      return { value, loss: (x) => sparseKlRow(mode, x, teacher, temperature).loss };
    });
    expect(left).toBe(0);
  }
});

test.each(sparseModes)('%s over all classes is the dense divergence', async (mode) => {
  const inputs = { ...termInputs(2, 9, 4), flags: Uint32Array.of(1, 1) };
  const settings = { temperature: 2, width: 9, parameters: [9] };
  const found = await gpuTerm(sparseKl, paramsOf(mode, 9)(2, 9), inputs, settings);
  const dense = mode === 'tail_reverse' ? reverseKlRow : forwardKlRow;
  for (let r = 0; r < 2; r++) {
    const [z, u] = [tamedRow(inputs.student, r, 9), tamedRow(inputs.teacher, r, 9)];
    const wanted = dense(z, u, 2);
    const own = sparseKlRow(mode, z, sparseOf(u, 2, 9), 2);
    expect(own.loss).toBeCloseTo(wanted.loss, 12);
    own.gradient.forEach((g, j) => {
      expect(g).toBeCloseTo(at(wanted.gradient, j), 12);
      expect(found.get('gradient')?.[9 * r + j]).toBeCloseTo(0.75 * 0.25 * at(wanted.gradient, j), 6);
    });
  }
});

test('the four modes are those of the closed forms', () => {
  const [z, u, t] = [Float64Array.of(1, -1, 0.5, 2, 0), Float64Array.of(2, 1, -1, 0, -2), 2];
  const [q, p] = [softmax(z, t), softmax(u, t)];
  const [on, off] = [
    [0, 1],
    [2, 3, 4],
  ];
  const sum = (x: readonly number[], classes: readonly number[]) =>
    classes.reduce((total, j) => total + (x[j] ?? 0), 0);
  const [pOn, qOn, pOff, qOff] = [sum(p, on), sum(q, on), sum(p, off), sum(q, off)];
  const over = (f: (p: number, q: number) => number) =>
    sum(
      p.map((x, j) => f(x, q[j] ?? 0)),
      on,
    );
  const wanted: Readonly<Record<SparseMode, number>> = {
    renormalise: over((x, y) => (x / pOn) * Math.log(x / pOn / y)),
    tail: over((x, y) => x * Math.log(x / y)) + pOff * Math.log(pOff / qOff),
    tail_reverse: over((x, y) => y * Math.log(y / x)) + qOff * Math.log(qOff / pOff),
    renormalise_both: over((x, y) => (x / pOn) * Math.log(x / pOn / (y / qOn))),
  };
  for (const mode of sparseModes) {
    const { loss, gradient } = sparseKlRow(mode, z, sparseOf(u, t, 2), t);
    expect(loss).toBeCloseTo(wanted[mode], 12);
    // Nothing that is off K is pushed where only K counts; elsewhere all of it in proportion.
    if (mode === 'renormalise_both') expect([...gradient].slice(2)).toEqual([0, 0, 0]);
    if (mode === 'renormalise') expect(at(gradient, 3)).toBeCloseTo((q[3] ?? 0) / t, 12);
    if (mode === 'tail') expect(at(gradient, 3)).toBeCloseTo(((q[3] ?? 0) * (1 - pOff / qOff)) / t, 12);
  }
});

test('stored log-probabilities are brought to another temperature as the power of their masses', () => {
  const u = Float64Array.of(3, 1, 0, -1);
  const { ids, logProbabilities, tail } = firstOf(sparseOf(u, 2, 4), 4, 2 / 5);
  expect(ids).toEqual([0, 1, 2, 3]);
  expect(tail).toBe(logNothing);
  const norm = logSumExp(logProbabilities);
  // Where every class is known this is the softmax at the new temperature itself.
  logProbabilities.forEach((x, i) => {
    expect(x - norm).toBeCloseTo(at(logSoftmaxOf(u, 5), i), 12);
  });
});

test('a tail as 1 − Σ is the same on both executors while it is large, and loses a row whose rest is within a rounding', async () => {
  const of = (rows: number, classes: number) => ({ ...paramsOf('tail', 5)(rows, classes), naiveTail: true });
  for (const temperature of [0.7, 4]) {
    const settings = { temperature, width: 5, parameters: [3] };
    await checkTerm(sparseKl, of(3, 10), termInputs(3, 10, 13), settings);
  }
  const run = async (gap: number, naiveTail: boolean) => {
    const inputs = {
      student: Float32Array.of(1, 0, 0),
      teacher: Float32Array.of(gap, 0, 0),
      flags: Uint32Array.of(1),
    };
    const params = { ...paramsOf('tail', 1)(1, 3), naiveTail };
    const found = await gpuTerm(sparseKl, params, inputs, { temperature: 1, width: 1, parameters: [1] });
    return Math.hypot(...(found.get('gradient') ?? []));
  };
  // e⁻⁵ of rest is there, e⁻²⁰ is not.
  expect((await run(5, true)) / (await run(5, false))).toBeCloseTo(1, 4);
  expect(await run(20, false)).toBeGreaterThan(0.05);
  expect(await run(20, true)).toBe(0);
});

test('the pull of a student without any tail is bounded by the tail of its teacher', async () => {
  const student = Float32Array.of(60, 0, -1, -2);
  const teacher = Float32Array.of(3, 0, 0, 0);
  const settings = { temperature: 1, width: 1, parameters: [1] };
  const inputs = { student, teacher, flags: Uint32Array.of(1) };
  const found = await gpuTerm(sparseKl, paramsOf('tail', 1)(1, 4), inputs, settings);
  const off = [...(found.get('gradient') ?? [])].slice(1);
  const pTail = 1 - (softmax(teacher, 1)[0] ?? 0);
  expect(off.reduce((sum, g) => sum + g, 0) / (0.75 * 0.25)).toBeCloseTo(-pTail, 6);
});
