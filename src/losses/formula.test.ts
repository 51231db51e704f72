// Losses typed as formulas: what they are worth, row by row in float64, against three other ways of computing it.
import { expect, test } from 'vitest';
import { gradientError } from '../kernels/finiteDifference.ts';
import { RandomStream } from '../tensor/random.ts';
import { directValue } from './formula/directValue.ts';
import { compileFormula } from './formula/formula.ts';
import { probe, type Row } from './probe.ts';

const random = new RandomStream(12, 0, 0);
const numbers = (n: number, scale: number) => Array.from({ length: n }, () => random.between(-scale, scale));
const rows: readonly Row[] = [2, 3, 7].map((n) => ({
  student: numbers(n, 3),
  teacher: numbers(n, 3),
  label: random.integer(n),
}));

const jsd = (weight: string) =>
  `param beta = 0.3 in 0..1\nm = beta*p + (1-beta)*q\n${weight}(beta*sum(p*log(p/m)) + (1-beta)*sum(q*log(q/m)))`;

/** A loss of the catalogue and the same as a formula. */
const twins: readonly (readonly [string, string, Readonly<Record<string, number>>])[] = [
  ['forward_kl', 'sum(p*log(p/q))', {}],
  ['reverse_kl', 'sum(q*log(q/p))', {}],
  ['soft_ce', '-sum(p*log(q))', {}],
  ['jsd_normalised', jsd('1/(beta*(1-beta))*'), { beta: 0.3 }],
  ['logit_mse', 'mean((zs - zt)^2)', {}],
];

test.each(twins)('%s and its formula have the same value and gradient', (id, formula, parameters) => {
  for (const row of rows) {
    for (const temperature of [0.7, 1, 4]) {
      const wanted = probe({ id, parameters }, temperature, row);
      const found = probe({ id: 'formula', parameters, formula }, temperature, row);
      expect(found?.value).toBeCloseTo(wanted?.value ?? Number.NaN, 12);
      wanted?.gradient.forEach((g, j) => {
        expect(found?.gradient[j]).toBeCloseTo(g, 12);
      });
    }
  }
});

const formulas = [
  ...twins.map(([, formula]) => formula),
  '1 - sum(zs*zt)/sqrt(sum(zs^2)*sum(zt^2))',
  'a = p - mean(p)\nb = q - mean(q)\n1 - sum(a*b)/sqrt(sum(a^2)*sum(b^2))',
  'a = (zs - mean(zs))/sqrt(mean((zs - mean(zs))^2))\nb = (zt - mean(zt))/sqrt(mean((zt - mean(zt))^2))\nmean((a - b)^2)',
  '-sum(y*(1 - q)^2*log(q))',
  'T^2*sum(abs(p - q)) + 0.1*log(sum(exp(zs)))',
  'param a = 1.5 in 0.1..3\nsum((p^a - q^a)^2/(p + q))',
  'w = detach(q)/(detach(q) + p)\nsum(w*p*log(p/q))',
  'sum(where(p > 0.2, p*log(p/q), relu(q - 0.1)*zs))',
  'sum(tanh(zs - zt)*sigmoid(zs) + softplus(-zs)) + sum(max(zs, zt))/V',
  'sqrt(sum((sqrt(p) - sqrt(q))^2))*exp(-sum(q*log(q)))',
  'max(p)*sum(p*log(p/q)) + where(max(p) > 0.5, max(zs), -max(log(q)))',
  '-sum(y*log(q))*(1 - detach(max(q))) + (max(zs) - max(zt))^2/V + log(max(q)/max(p))^2',
  'sum(q^2)*sum(-detach(y))^-1',
  'sum(abs(p - q)) + sum(max(zs, zt) - min(zs, 2*zt))/V + sum(sign(zt)*relu(zs))',
  'sum(log1p(q) + expm1(q - p))^2 - sum(min(p, q))^0.5',
  'e = sum(q*log(q))\nsum(p*log(p/q)*sum(q*sum(p*q^2)^2 - e*p)^2)',
];

test.each(formulas)('%s: value and gradient are those of plain arithmetic and of differences', (formula) => {
  const { reading } = compileFormula(formula);
  const values = Object.fromEntries(reading.parameters.map((one) => [one.name, one.default]));
  let judged = 0;
  for (const row of rows) {
    const loss = { id: 'formula', formula, parameters: values };
    const found = probe(loss, 1.3, row);
    const { student, teacher, label } = row;
    const direct = directValue(reading, {
      student: Array.from(student),
      teacher: Array.from(teacher),
      label: label ?? 0,
      temperature: 1.3,
      values,
    });
    if (found === null || direct.edge !== null) continue;
    judged += 1;
    expect(found.value).toBeCloseTo(direct.loss, 10);
    found.gradient.forEach((g, j) => {
      expect(g).toBeCloseTo(direct.gradient[j] ?? Number.NaN, 9);
    });
    // Where nothing is to be learnt, differences are rounding alone; what is detached they cannot see.
    if (formula.includes('detach') || Math.hypot(...found.gradient) < 1e-6) continue;
    const value = (z: Float64Array) => probe(loss, 1.3, { ...row, student: z })?.value ?? Number.NaN;
    expect(gradientError(value, found.gradient, Float64Array.from(student))).toBeLessThan(1e-7);
  }
  expect(judged).toBeGreaterThan(0);
});

test('a detached part has a value and no derivative', () => {
  const [row] = rows;
  if (row === undefined) throw new Error('no row');
  const loss = (formula: string) => probe({ id: 'formula', parameters: {}, formula }, 1, row);
  const both = loss('sum(q*log(q/p))');
  const half = loss('sum(detach(q)*log(q/p))');
  const other = loss('sum(q*detach(log(q/p)))');
  expect(half?.value).toBeCloseTo(both?.value ?? 0, 12);
  both?.gradient.forEach((g, j) => {
    expect((half?.gradient[j] ?? 0) + (other?.gradient[j] ?? 0)).toBeCloseTo(g, 12);
  });
});

test('of equal largest logits the first is the largest, and the derivative is its alone', () => {
  const row: Row = { student: [1, 2, 2, 0], teacher: [3, 0, 1, 3], label: null };
  const found = (formula: string) => {
    const { value, gradient = [] } = probe({ id: 'formula', parameters: {}, formula }, 1, row) ?? {};
    return { value, gradient: [...gradient] };
  };
  expect(found('max(zs)')).toMatchObject({ value: 2, gradient: [0, 1, 0, 0] });
  expect(found('max(zt)*max(zs)')).toMatchObject({ value: 6, gradient: [0, 3, 0, 0] });
  expect(found('sum(where(zs == max(zs), zs, 0))')).toMatchObject({ value: 4, gradient: [0, 1, 1, 0] });
  const chosen = found('max(log(q))');
  expect(chosen.value).toBeCloseTo(2 - Math.log(Math.E + 2 * Math.E ** 2 + 1), 12);
  expect(chosen.gradient.reduce((sum, g) => sum + g, 0)).toBeCloseTo(0, 12);
});

test('near its teacher a typed forward KL keeps its digits, where plain arithmetic loses them all', () => {
  const teacher = numbers(10, 5);
  const student = teacher.map((u, j) => u + (j % 2) * 1e-9);
  const row: Row = { student, teacher, label: null };
  const exact = probe({ id: 'forward_kl', parameters: {} }, 1, row)?.value ?? 0;
  const typed = probe({ id: 'formula', parameters: {}, formula: 'sum(p*log(p/q))' }, 1, row)?.value ?? 0;
  expect(typed).toBe(exact);
  expect(typed).toBeGreaterThan(0);
});

test('T² applies to what is made of softened probabilities and does not name T', () => {
  const scaled = (text: string) => compileFormula(text).scaled;
  expect(scaled('sum(p*log(p/q))')).toBe(true);
  expect(scaled('T^2*sum(p*log(p/q))')).toBe(false);
  expect(scaled('mean((zs - zt)^2)')).toBe(false);
});

test('a mixture whose share is 0 or 1, or nearly, is finite however far the two are apart', () => {
  const formula = jsd('');
  const far: Row = { student: [80, 0, 0, -3], teacher: [0, 0, 80, 2], label: 0 };
  for (const beta of [0, 1e-20, 1e-9, 0.5, 1]) {
    const found = probe({ id: 'formula', parameters: { beta }, formula }, 1, far);
    const ends = beta === 0 || beta === 1 ? 0 : undefined;
    expect(Number.isFinite(found?.value), `β = ${beta}`).toBe(true);
    expect(found?.gradient.every(Number.isFinite), `β = ${beta}`).toBe(true);
    if (ends !== undefined) expect(found?.value).toBeCloseTo(ends, 12);
  }
});
