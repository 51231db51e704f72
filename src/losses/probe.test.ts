import { expect, test } from 'vitest';
import { gradientError } from '../kernels/finiteDifference.ts';
import { termIds } from '../kernels/rowTerms.ts';
import { softmax } from './distribution.ts';
import { canProbe, compareLosses, probe, type Row } from './probe.ts';

const row: Row = { student: [0.3, -1.2, 2.1, 0.4], teacher: [2.5, -0.7, 1.1, -2], label: 0 };
test.each(termIds)('%s: the gradient of one row is that of its value', (id) => {
  const loss = { id, parameters: { beta: 0.3, epsilon: 0.2 } };
  const value = (student: Float64Array) => probe(loss, 2, { ...row, student })?.value ?? Number.NaN;
  const gradient = probe(loss, 2, row)?.gradient ?? new Float64Array();
  expect(gradientError(value, gradient, Float64Array.from(row.student))).toBeLessThan(1e-7);
});

test('forward KL of one row is Σ p (log p − log q)', () => {
  const [p, q] = [softmax(row.teacher, 3), softmax(row.student, 3)];
  const wanted = p.reduce((sum, value, j) => sum + value * Math.log(value / (q[j] ?? 1)), 0);
  expect(probe({ id: 'forward_kl', parameters: {} }, 3, row)?.value).toBeCloseTo(wanted, 12);
});

test('a formula of one row is the loss that it spells, with its own parameters', () => {
  const formula = 'param beta = 0.5 in 0..1\n(1 - beta) * sum(p * log(p / q)) + beta * sum(q * log(q / p))';
  const value = (id: string) => probe({ id, parameters: {} }, 2, row)?.value ?? Number.NaN;
  const wanted = 0.75 * value('forward_kl') + 0.25 * value('reverse_kl');
  const loss = { id: 'formula', formula, parameters: { beta: 0.25 } };
  expect(probe(loss, 2, row)?.value).toBeCloseTo(wanted, 12);
  const of = (student: Float64Array) => probe(loss, 2, { ...row, student })?.value ?? Number.NaN;
  const gradient = probe(loss, 2, row)?.gradient ?? new Float64Array();
  expect(gradientError(of, gradient, Float64Array.from(row.student))).toBeLessThan(1e-7);
});

test('a label that is not known leaves cross-entropy at 0, and a loss that is no row’s own gives nothing', () => {
  expect(probe({ id: 'ce', parameters: {} }, 1, { ...row, label: null })?.value).toBe(0);
  expect(canProbe('hidden_mse')).toBe(false);
  expect(probe({ id: 'hidden_mse', parameters: {} }, 1, row)).toBeNull();
});

test('a loss agrees with itself, and cosines are the same both ways', () => {
  const losses = ['ce', 'forward_kl', 'reverse_kl'].map((id) => ({ id, parameters: {} }));
  const { cosines, norms } = compareLosses(losses, 2, [row]);
  for (const [i, line] of cosines.entries()) {
    expect(line[i]).toBeCloseTo(1, 12);
    for (const [j, value] of line.entries()) expect(value).toBeCloseTo(cosines[j]?.[i] ?? Number.NaN, 12);
  }
  expect(norms.every((norm) => norm > 0)).toBe(true);
});

test('over several rows values are means, and gradients are those of the mean, one row after the other', () => {
  const other = { ...row, student: Float64Array.from(row.teacher), label: null };
  const losses = ['ce', 'forward_kl'].map((id) => ({ id, parameters: {} }));
  const [both, alone] = [[row, other], [row]].map((rows) => compareLosses(losses, 2, rows));
  // The second row's student is its teacher, and it has no label: both losses and their gradients are 0 there.
  for (const at of losses.keys()) {
    expect(both?.values[at]).toBeCloseTo((alone?.values[at] ?? Number.NaN) / 2, 12);
    expect(both?.norms[at]).toBeCloseTo((alone?.norms[at] ?? Number.NaN) / 2, 12);
    expect(both?.gradients[at]).toHaveLength(2 * row.student.length);
  }
  expect(both?.cosines[0]?.[1]).toBeCloseTo(alone?.cosines[0]?.[1] ?? Number.NaN, 12);
});
