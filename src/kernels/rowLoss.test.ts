import { expect, test } from 'vitest';
import { LiveBlock, type LiveName, LiveWindow } from '../tensor/live.ts';
import { RandomStream } from '../tensor/random.ts';
import { gradientError } from './finiteDifference.ts';
import { rowLoss, rowLossReference, rowLossSources, rowStat, rowStats } from './rowLoss.ts';
import { allTerms, compare } from './rowLossCases.ts';
import { testRowLoss } from './rowLossTests.ts';
import { type TermId, termIds } from './rowTerms.ts';

testRowLoss(rowLoss);

test('a fifth term is refused', () => {
  const five = [...allTerms, 'soft_ce'] as const;
  expect(() => rowLossSources(five, 'distill/terms/apart', 'distill/row_loss')).toThrow(/too many terms/);
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

const temperatures = [0.5, 1, 4];

test.each(termIds)(
  'the gradient of %s is the derivative of its loss, to 1e-7 of central differences',
  (id) => {
    for (const temperature of temperatures) {
      for (const beta of id === 'jsd_normalised' ? [0, 0.02, 0.3, 0.5, 0.98, 1] : [0]) {
        for (let seed = 0; seed < 4; seed++) {
          const found = randomCase(seed, 3);
          const live = { temperature, termParams0: beta, termWeight0: 0.9 * temperature ** 2 };
          const { gradient } = reference([id], found, live);
          const loss = (z: Float64Array) => reference([id], { ...found, z }, live).loss;
          expect(gradientError(loss, gradient, found.z, 1e-3 * temperature)).toBeLessThan(1e-7);
        }
      }
    }
  },
);

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

test('a gradient that is off by one part in ten thousand is caught', () => {
  const found = randomCase(1, 3);
  const live = { temperature: 1, termWeight0: 1 };
  const wrong = reference(['reverse_kl'], found, live).gradient.map((g) => g * 1.0001);
  const loss = (z: Float64Array) => reference(['reverse_kl'], { ...found, z }, live).loss;
  expect(gradientError(loss, wrong, found.z, 1e-3)).toBeGreaterThan(5e-5);
});

/** The formulas of the specification as they stand there, naively, on one row. */
const closedForms: Readonly<
  Record<TermId, (z: number[], u: number[], t: number, beta: number) => { loss: number; gradient: number[] }>
> = {
  forward_kl: (z, u, t) => {
    const [q, p] = [softmax(z, t), softmax(u, t)];
    return {
      loss: sum(p.map((x, j) => x * Math.log(x / of(q, j)))),
      gradient: q.map((x, j) => (x - of(p, j)) / t),
    };
  },
  soft_ce: (z, u, t) => {
    const [q, p] = [softmax(z, t), softmax(u, t)];
    return {
      loss: -sum(p.map((x, j) => x * Math.log(of(q, j)))),
      gradient: q.map((x, j) => (x - of(p, j)) / t),
    };
  },
  reverse_kl: (z, u, t) => {
    const [q, p] = [softmax(z, t), softmax(u, t)];
    const r = q.map((x, j) => Math.log(x / of(p, j)));
    const loss = sum(q.map((x, j) => x * of(r, j)));
    return { loss, gradient: q.map((x, j) => (x * (of(r, j) - loss)) / t) };
  },
  jsd_normalised: (z, u, t, beta) => {
    const [q, p] = [softmax(z, t), softmax(u, t)];
    const m = q.map((x, j) => beta * of(p, j) + (1 - beta) * x);
    const l = q.map((x, j) => Math.log(x / of(m, j)));
    const fromTeacher = sum(p.map((x, j) => x * Math.log(x / of(m, j))));
    const mean = sum(q.map((x, j) => x * of(l, j)));
    const scale = beta * (1 - beta);
    return {
      loss: (beta * fromTeacher + (1 - beta) * mean) / scale,
      gradient: q.map((x, j) => ((1 - beta) * x * (of(l, j) - mean)) / t / scale),
    };
  },
  hard_ce: (z, u) => {
    const [q, answer] = [softmax(z, 1), u.indexOf(Math.max(...u))];
    return { loss: -Math.log(of(q, answer)), gradient: q.map((x, j) => x - (j === answer ? 1 : 0)) };
  },
  logit_mse: (z, u) => ({
    loss: sum(z.map((x, j) => (x - of(u, j)) ** 2)) / z.length,
    gradient: z.map((x, j) => (2 * (x - of(u, j))) / z.length),
  }),
};

test.each(termIds)('%s and its gradient are those of the closed form in the specification', (id) => {
  for (const t of temperatures) {
    const found = randomCase(9, 4);
    const live = { temperature: t, termWeight0: 1, termParams0: 0.25, inverseValid: 1 };
    const { gradient, stats } = reference([id], found, live);
    for (let r = 0; r < rows; r++) {
      const row = (x: Float64Array): number[] => [...x.slice(r * classes, (r + 1) * classes)];
      const wanted = closedForms[id](row(found.z), row(found.u), t, 0.25);
      compare(
        `${id} loss`,
        stats.slice(r * rowStats + 2, r * rowStats + 3),
        Float64Array.of(wanted.loss),
        1e-12,
      );
      compare(`${id} gradient`, Float64Array.from(row(gradient)), Float64Array.from(wanted.gradient), 1e-12);
    }
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
