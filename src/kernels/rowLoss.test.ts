import { expect, test } from 'vitest';
import { LiveBlock, type LiveName, LiveWindow } from '../tensor/live.ts';
import { RandomStream } from '../tensor/random.ts';
import { gradientError } from './finiteDifference.ts';
import { narrowForm, rowLoss, rowLossReference, rowLossSources, rowStat, rowStats } from './rowLoss.ts';
import { allTerms } from './rowLossCases.ts';
import { testRowLoss } from './rowLossTests.ts';
import type { TermId } from './rowTerms.ts';

testRowLoss(rowLoss);

test('a fifth term is refused', () => {
  const five = [...allTerms, 'soft_ce'] as const;
  const params = { rows: 1, classes: 10, terms: five };
  const form = narrowForm(params, true);
  expect(() => rowLossSources(params, 'distill/terms/apart', form)).toThrow(/too many terms/);
});

const [rows, classes] = [3, 7];

interface Case {
  readonly z: Float64Array;
  readonly u: Float64Array;
  readonly labels: Uint32Array;
}

function randomCase(seed: number, scale: number): Case {
  const random = new RandomStream(seed, 0, 0x10e);
  const draw = () => Float64Array.from({ length: rows * classes }, () => random.between(-scale, scale));
  return { z: draw(), u: draw(), labels: Uint32Array.from({ length: rows }, () => random.integer(classes)) };
}

/** The reference in float64: total loss, gradient and statistics of all rows, each labelled and valid. */
function reference(
  terms: readonly TermId[],
  { z, u, labels }: Case,
  values: Partial<Record<LiveName, number>>,
) {
  const [gradient, stats] = [new Float64Array(rows * classes), new Float64Array(rows * rowStats)];
  const block = new LiveBlock(1);
  const all = { inverseValid: 1 / 4, inverseLabelled: 1 / 2, ...values };
  for (const [name, value] of Object.entries(all)) block.set(0, name as LiveName, value);
  const flags = new Uint32Array(rows).fill(3);
  rowLossReference(
    { rows, classes, terms },
    [z, u, labels, flags, gradient, stats],
    new LiveWindow(block.words),
  );
  const loss = stats.filter((_, i) => i % rowStats === rowStat.total).reduce((sum, x) => sum + x, 0);
  return { loss, gradient, stats };
}

test('labels, smoothing and four terms together have the derivative of their sum', () => {
  const live = {
    temperature: 2,
    labelWeight: 0.7,
    smoothing: 0.1,
    termWeight0: 4,
    termWeight1: 0.3,
    termWeight2: 0.2,
    termWeight3: 0.1,
    termParams8: 0.4,
  };
  for (let seed = 0; seed < 5; seed++) {
    const found = randomCase(seed, 3);
    const { gradient } = reference(allTerms, found, live);
    const loss = (z: Float64Array) => reference(allTerms, { ...found, z }, live).loss;
    expect(gradientError(loss, gradient, found.z, 2e-3)).toBeLessThan(1e-7);
  }
});

test('label smoothing is the cross-entropy with (1 − ε) on the label and ε/V everywhere', () => {
  const found = randomCase(5, 3);
  const { gradient, stats } = reference([], found, {
    temperature: 4,
    labelWeight: 1,
    smoothing: 0.2,
    inverseLabelled: 1,
  });
  for (let r = 0; r < rows; r++) {
    const q = softmax([...found.z.slice(r * classes, (r + 1) * classes)], 1);
    const target = q.map((_, j) => 0.2 / classes + (j === found.labels[r] ? 0.8 : 0));
    const loss = -sum(target.map((x, j) => x * Math.log(of(q, j))));
    expect(stats[r * rowStats + rowStat.label]).toBeCloseTo(loss, 7);
    q.forEach((x, j) => {
      expect(gradient[r * classes + j]).toBeCloseTo(x - of(target, j), 7);
    });
  }
});

function softmax(x: readonly number[], temperature: number): number[] {
  const exps = x.map((value) => Math.exp(value / temperature));
  return exps.map((value) => value / sum(exps));
}

const sum = (x: readonly number[]): number => x.reduce((total, value) => total + value, 0);
const of = (x: readonly number[], j: number): number => x[j] ?? Number.NaN;
