// Every pointwise loss on the float64 reference: its gradient by finite differences, its closed form, and what must hold
// between losses. That the GPU computes the same is in kernels/rowLossTests.ts.
import { expect, test } from 'vitest';
import { gradientError } from '../kernels/finiteDifference.ts';
import { type RowPart, type RowQuestion, rowAnswer } from '../kernels/rowReference.ts';
import { type TermId, termIds } from '../kernels/rowTerms.ts';
import { equalWithin } from '../kernels/terms/totalVariation.ts';
import { parametersOf } from '../spec/terms.ts';
import { RandomStream } from '../tensor/random.ts';
import { type ClosedRow, closedForms } from './closedForms.ts';
import { logSoftmax } from './distribution.ts';

const temperatures = [0.5, 1, 4];

/** Parameters at which each loss is looked at, beside those of the table. */
const parameterSets: Partial<Record<TermId, readonly (readonly number[])[]>> = {
  label_smoothing: [[0], [1]],
  jsd: [[0], [0.02], [0.3], [0.98], [1]],
  jsd_normalised: [[0], [0.02], [0.3], [0.98], [1]],
  jeffreys: [[0], [0.2], [1]],
  skew_kl: [[0], [0.5], [0.98]],
  skew_reverse_kl: [[0], [0.5], [0.98]],
  decoupled: [
    [1, 0],
    [0, 1],
    [0.3, 2],
  ],
  standardised_kl: [[0.5]],
  corrected_teacher: [[0], [0.9]],
};

const setsOf = (id: TermId): readonly (readonly number[])[] => [
  parametersOf({ id }),
  ...(parameterSets[id] ?? []),
];

function randomRow(seed: number, classes: number, scale: number): Omit<ClosedRow, 't' | 'params'> {
  const random = new RandomStream(seed, 0, 0x10e);
  const draw = () => Array.from({ length: classes }, () => random.between(-scale, scale));
  return { z: draw(), u: draw(), label: random.integer(classes) };
}

function partOf(term: TermId, { z, u, label, t, params }: ClosedRow): RowPart {
  const question: RowQuestion = {
    ...{ student: z, teacher: u, label, temperature: t, smoothing: 0 },
    terms: [{ term, params }],
  };
  const [part] = rowAnswer(question).terms;
  if (!part) throw new Error(`${term} was not computed`);
  return part;
}

function rowsOf(id: TermId, classes: number, seeds: number): readonly ClosedRow[] {
  return setsOf(id).flatMap((params) =>
    temperatures.flatMap((t) =>
      Array.from({ length: seeds }, (_, seed) => ({ ...randomRow(seed, classes, 3), t, params })),
    ),
  );
}

function error(id: TermId, row: ClosedRow, gradient: Float64Array): number {
  const loss = (z: Float64Array) => partOf(id, { ...row, z: [...z] }).loss;
  return gradientError(loss, gradient, Float64Array.from(row.z), 1e-3 * row.t);
}

/** A step of the differences crosses a point where q = p: the one kind of kink that these losses have. */
function nearKink(id: TermId, { z, u, t }: ClosedRow): boolean {
  if (id !== 'total_variation') return false;
  const [q, p] = [logSoftmax(z, t), logSoftmax(u, t)];
  return q.some((x, j) => Math.abs(x - (p[j] ?? 0)) < 4e-3);
}

test.each(termIds)(
  'the gradient of %s is the derivative of its loss, to 1e-7 of central differences',
  (id) => {
    const rows = [...rowsOf(id, 7, 4), ...rowsOf(id, 3, 1)];
    const smooth = rows.filter((row) => !nearKink(id, row));
    for (const row of smooth)
      expect(error(id, row, partOf(id, row).gradient), JSON.stringify(row)).toBeLessThan(1e-7);
    expect(smooth.length).toBeGreaterThan(0.8 * rows.length);
  },
);

test.each(termIds)('a gradient of %s that is off by one part in ten thousand is caught', (id) => {
  const row = { ...randomRow(1, 7, 3), t: 2, params: parametersOf({ id }) };
  const wrong = partOf(id, row).gradient.map((g) => g * 1.0001);
  expect(error(id, row, wrong)).toBeGreaterThan(5e-5);
});

test.each(termIds)('%s and its gradient are those of the closed form', (id) => {
  for (const row of rowsOf(id, 7, 3)) {
    const [found, wanted] = [partOf(id, row), closedForms[id](row)];
    const where = JSON.stringify(row);
    expect(Math.abs(found.loss - wanted.loss), where).toBeLessThan(
      1e-11 * Math.max(1, Math.abs(wanted.loss)),
    );
    const size = Math.hypot(...wanted.gradient);
    const off = Math.hypot(...wanted.gradient.map((g, j) => g - (found.gradient[j] ?? Number.NaN)));
    expect(off, where).toBeLessThanOrEqual(1e-11 * size);
  }
});

/** Loss and gradient of `a` are those of `b`, to twelve digits. */
function expectSame(a: RowPart, b: RowPart, digits = 1e-12): void {
  expect(Math.abs(a.loss - b.loss)).toBeLessThanOrEqual(digits * Math.max(1, Math.abs(b.loss)));
  a.gradient.forEach((g, j) => {
    expect(Math.abs(g - (b.gradient[j] ?? Number.NaN))).toBeLessThanOrEqual(digits);
  });
}

const rows = [1, 2, 3].map((seed) => ({ ...randomRow(seed, 9, 3), t: 2 }));

test('KL is the target’s KL plus (1 − p_y) of that among the others', () => {
  for (const row of rows) {
    const [target, others] = [
      [1, 0],
      [0, 1],
    ].map((params) => partOf('decoupled', { ...row, params }));
    if (target === undefined || others === undefined) throw new Error('not computed');
    const py = Math.exp(logSoftmax(row.u, row.t)[row.label] ?? 0);
    const whole = partOf('forward_kl', { ...row, params: [] });
    expect((target.loss + (1 - py) * others.loss) / row.t ** 2).toBeCloseTo(whole.loss, 13);
  }
});

test('the normalised JSD tends to forward KL as β falls to .02 and to reverse KL as it rises to .98', () => {
  for (const row of rows) {
    const [forward, reverse] = (['forward_kl', 'reverse_kl'] as const).map(
      (id) => partOf(id, { ...row, params: [] }).loss,
    );
    const at = (beta: number) => partOf('jsd_normalised', { ...row, params: [beta] }).loss;
    expect(Math.abs(at(0.02) / (forward ?? 0) - 1)).toBeLessThan(0.1);
    expect(Math.abs(at(0.98) / (reverse ?? 0) - 1)).toBeLessThan(0.1);
    expect([at(0), at(1)]).toEqual([forward, reverse]);
  }
});

test('the JSD at ½ is the same when student and teacher change places, and a quarter of the normalised one', () => {
  for (const row of rows) {
    const [there, back] = [row, { ...row, z: row.u, u: row.z }].map(
      (one) => partOf('jsd', { ...one, params: [0.5] }).loss,
    );
    expect(there).toBeCloseTo(back ?? Number.NaN, 14);
    expect(4 * (there ?? 0)).toBeCloseTo(partOf('jsd_normalised', { ...row, params: [0.5] }).loss, 13);
  }
});

test('the unnormalised JSD vanishes towards its ends, and at the ends it is forward and reverse KL', () => {
  for (const row of rows) {
    expect(partOf('jsd', { ...row, params: [1e-6] }).loss).toBeLessThan(1e-4);
    for (const [beta, id] of [
      [0, 'forward_kl'],
      [1, 'reverse_kl'],
    ] as const)
      expectSame(partOf('jsd', { ...row, params: [beta] }), partOf(id, { ...row, params: [] }));
  }
});

test('skewed divergences without skew are the plain ones, and Jeffreys’ ends too', () => {
  for (const row of rows) {
    for (const [id, lambda, plain] of [
      ['skew_kl', 0, 'forward_kl'],
      ['skew_reverse_kl', 0, 'reverse_kl'],
      ['jeffreys', 0, 'forward_kl'],
      ['jeffreys', 1, 'reverse_kl'],
    ] as const)
      expectSame(partOf(id, { ...row, params: [lambda] }), partOf(plain, { ...row, params: [] }));
    expectSame(
      partOf('skew_kl', { ...row, params: [1e-7] }),
      partOf('forward_kl', { ...row, params: [] }),
      1e-5,
    );
  }
});

test('a corrected teacher is the teacher where its answer is the label, and never prefers another class', () => {
  for (const row of rows) {
    const answer = row.u.indexOf(Math.max(...row.u));
    const right = { ...row, label: answer };
    expectSame(
      partOf('corrected_teacher', { ...right, params: [0.2] }),
      partOf('forward_kl', { ...right, params: [] }),
    );
    // The student that is the corrected teacher has no loss: it is found where the gradient is 0.
    const wrong = { ...row, label: (answer + 1) % row.u.length, params: [0.2] };
    const { gradient } = partOf('corrected_teacher', { ...wrong, z: row.u });
    const p = logSoftmax(row.u, row.t).map(Math.exp);
    const corrected = p.map((x, j) => x - row.t * (gradient[j] ?? 0));
    expect(corrected.indexOf(Math.max(...corrected))).toBe(wrong.label);
  }
});

test('a term that needs the label has nothing to say about a row without one', () => {
  const question = { student: [1, 2, 3], teacher: [3, 1, 2], label: null, temperature: 2, smoothing: 0 };
  for (const term of ['ce', 'label_smoothing', 'decoupled', 'corrected_teacher'] as const)
    expect(rowAnswer({ ...question, terms: [{ term, params: [1, 1] }] }).terms).toEqual([null]);
});

test('total variation has no gradient where probabilities are equal within float32’s rounding', () => {
  const u = [1, 0, -1];
  const z = u.map((x, j) => x + j * 0.3 * equalWithin);
  const { gradient } = partOf('total_variation', { z, u, label: 0, t: 1, params: [] });
  expect([...gradient]).toEqual([0, 0, 0]);
});

test('a row without direction or variance has the value of the catalogue and no gradient', () => {
  const flat = { z: [0, 0, 0], u: [1, 2, 3], label: 0, t: 2 };
  const value = (id: TermId) => {
    const { loss, gradient } = partOf(id, { ...flat, params: parametersOf({ id }) });
    expect(
      [...gradient].every((g) => g === 0),
      id,
    ).toBe(true);
    return loss;
  };
  expect(value('logit_cosine')).toBe(1);
  expect(value('standardised_kl')).toBe(0);
  expect(value('dist_inter')).toBe(flat.t ** 2);
});
