// Formulas in the row kernel: what this adapter computes against the float64 reference. Four at a time, since compiling
// a kernel is what takes long.
import { expect, test } from 'vitest';
import { compileFormula } from '../../losses/formula/formula.ts';
import { rowLoss, rowStat, rowStats } from '../rowLoss.ts';
import { allValid, checkRows, liveFor, type RowInputs, rowInputs } from '../rowLossCases.ts';
import { rowLossWide } from '../rowLossWide.ts';
import { formulaTerm } from './formula.ts';

const term = (text: string) => formulaTerm(compileFormula(text));
const jsd =
  'param beta = 0.3 in 0..1\nm = beta*p + (1-beta)*q\nbeta*sum(p*log(p/m)) + (1-beta)*sum(q*log(q/m))';

/** Every function, every level of sums, both kinds of gradient, labels and parameters. */
const groups: readonly (readonly string[])[] = [
  [
    '-sum(y*(1 - q)^2*log(q))',
    'a = p - mean(p)\nb = q - mean(q)\n2 - sum(a*b)/sqrt(sum(a^2)*sum(b^2))',
    'a = (zs - mean(zs))/sqrt(mean((zs - mean(zs))^2))\nb = (zt - mean(zt))/sqrt(mean((zt - mean(zt))^2))\nmean((a - b)^2)',
    'sum(abs(p - q)) + sum(max(zs, zt) - min(zs, 2*zt))/V + sum(sign(zt)*relu(zs))',
  ],
  [
    'sum(tanh(zs - zt)*sigmoid(zs) + softplus(-zs)) + sum(log1p(q) + expm1(q - p))',
    'param a = 0.7 in 0.1..3\nsum(where(p > 0.05, p^a*(q + 0.1)^a, q^3*log(0.5 + q)))/T + sqrt(sum(p*q))',
    'w = detach(q)/(detach(q) + p)\nsum(w*p*log(p/q))*exp(-sum(q*log(q)))',
    jsd,
  ],
  [
    'max(p)*sum(p*log(p/q))',
    '(max(zs) - max(zt))^2/V',
    '-max(log(q)) + sum(p*max(q))^2',
    'sum(where(zs == max(zs), 0, relu(zs + 1 - max(zs))))*(1 - detach(max(q)))',
  ],
];
const params = { termParams4: 0.7, termParams12: 0.3 };

test.each(groups)('%s and three others are as in float64', async (...texts) => {
  const inputs = rowInputs(33, 10, 5, 3);
  for (const temperature of [1, 4]) {
    const live = liveFor(inputs, temperature, params);
    await checkRows(rowLoss, { rows: 33, classes: 10, terms: texts.map(term) }, inputs, live);
  }
});

test('a workgroup to a row gives the same, beside a term that is written by hand', async () => {
  const inputs = rowInputs(5, 65, 6, 3);
  const terms = ['forward_kl', term(groups[0]?.[1] ?? '')] as const;
  await checkRows(rowLossWide, { rows: 5, classes: 65, terms }, inputs, liveFor(inputs, 2, params));
});

test('a typed forward KL is the written one to the bit, and two slots of one formula have parameters of their own', async () => {
  const inputs = rowInputs(33, 10, 8, 6);
  const terms = [term('sum(p*log(p/q))'), 'forward_kl', term(jsd), term(jsd)] as const;
  const live = liveFor(inputs, 2, { termParams8: 0.1, termParams12: 0.9, termWeight0: 0.4 });
  const { stats } = await checkRows(rowLoss, { rows: 33, classes: 10, terms }, inputs, live);
  for (let at = 0; at < stats.length; at += rowStats) {
    expect(stats[at + rowStat.term]).toBe(stats[at + rowStat.term + 1]);
    expect(stats[at + rowStat.termGradient]).toBe(stats[at + rowStat.termGradient + 1]);
  }
  expect(stats[rowStat.term + 2]).not.toBeCloseTo(stats[rowStat.term + 3] ?? 0, 6);
});

test('a confident student keeps five digits of its small gradient, whatever the formula', async () => {
  const inputs = confident(10);
  const texts = ['sum(q*log(q/p))', jsd, '-sum(y*log(q))', 'sum(p*log(p/q)*detach(q))'];
  for (let only = 0; only < 4; only++) {
    const weights = Object.fromEntries([0, 1, 2, 3].map((k) => [`termWeight${k}`, k === only ? 1 : 0]));
    const live = liveFor(inputs, 1, { labelWeight: 0, termParams4: 0.3, ...weights });
    await checkRows(rowLoss, { rows: 8, classes: 10, terms: texts.map(term) }, inputs, live);
  }
});

/** One class has nearly all of both; the label is that one. */
function confident(classes: number): RowInputs {
  const inputs = rowInputs(8, classes, 9, 0.5);
  const raised = (logits: Float32Array<ArrayBuffer>) =>
    logits.map((value, i) => (i % classes === 3 ? value + 14 : value));
  const [student, teacher] = [raised(inputs.student), raised(inputs.teacher)];
  return { student, teacher, labels: new Uint32Array(8).fill(3), flags: allValid(8) };
}
