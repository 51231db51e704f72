import { expect, test } from 'vitest';
import { at } from '../tensor/kernel.ts';
import { hingeRow, logisticRankRow, pairsOf, type RankPairsParams, rankPairs } from './rankPairs.ts';
import { descending } from './sortRows.ts';
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

const kinds = ['hinge', 'logistic_rank'] as const;
const paramsOf =
  (kind: RankPairsParams['kind'], width: number) =>
  (rows: number, classes: number): RankPairsParams => ({
    rows,
    classes,
    slot: testedSlot,
    kind,
    width: Math.min(width, classes),
  });
const parametersOf = (kind: RankPairsParams['kind'], k: number, epsilon: number) =>
  kind === 'hinge' ? [0.1, k, epsilon] : [k, epsilon];

test.each(kinds)('%s agrees with float64', async (kind) => {
  for (const [classes, width, k] of [
    [2, 2, 2],
    [10, 10, 5],
    [65, 65, 65],
    [300, 128, 128],
    [4097, 128, 20],
  ] as const) {
    const inputs = termInputs(3, classes, classes + k);
    for (const epsilon of [0, 0.002]) {
      const settings = { temperature: 2, width, parameters: parametersOf(kind, k, epsilon) };
      await checkTerm(rankPairs, paramsOf(kind, width)(3, classes), inputs, settings);
    }
  }
});

test('it adds to what the row loss left, and leaves rows with a broken logit alone', async () => {
  for (const kind of kinds) {
    const settings = { temperature: 2, width: 4, parameters: parametersOf(kind, 3, 0) };
    await checkAdding(rankPairs, paramsOf(kind, 4)(3, 5), termInputs(3, 5, 1), settings);
  }
});

test.each(kinds)('%s: extreme logits, ties and masks leave no number that is not finite', async (kind) => {
  const settingsOf = (classes: number) => ({
    width: Math.min(8, classes),
    parameters: parametersOf(kind, 5, 0),
  });
  await checkExtremes(rankPairs, paramsOf(kind, 8), settingsOf);
});

test.each(kinds)('the gradient of %s is the derivative of its loss', (kind) => {
  const { checked, left } = checkDerivative((z, u, temperature) => {
    const [order, p] = [descending(u).slice(0, 5), softmax(u, temperature)];
    const pairs = pairsOf(
      order,
      order.map((j) => p[j] ?? 0),
      0.01,
    );
    const row = (x: Float64Array) =>
      kind === 'hinge' ? hingeRow(x, pairs, 0.1, temperature) : logisticRankRow(x, pairs);
    const q = softmax(z, temperature);
    const kink = pairs.some(([a, b]) => Math.abs(0.1 - ((q[a] ?? 0) - (q[b] ?? 0))) < 1e-3);
    return { value: row(z), loss: kind === 'hinge' && kink ? null : (x) => row(x).loss };
  });
  expect(checked).toBeGreaterThan(3 * left);
});

test('pairs are those that the teacher tells apart by more than ε', () => {
  expect(pairsOf([7, 2, 4], [0.5, 0.3, 0.2], 0)).toEqual([
    [7, 2],
    [7, 4],
    [2, 4],
  ]);
  expect(pairsOf([7, 2, 4], [0.5, 0.3, 0.2], 0.15)).toEqual([
    [7, 2],
    [7, 4],
  ]);
  expect(pairsOf([7, 2], [0.4, 0.4], 0)).toEqual([]);
});

test('both are the means over pairs that their papers write', () => {
  const z = Float64Array.of(0.3, 1, -0.5);
  const q = softmax(z, 2);
  const of = (x: ArrayLike<number>, j: number): number => x[j] ?? 0;
  const pairs = [
    [0, 1],
    [0, 2],
  ] as const;
  const hinge = pairs.map(([a, b]) => Math.max(0, 0.1 - (of(q, a) - of(q, b))));
  const logistic = pairs.map(([a, b]) => Math.log(1 + Math.exp(-(at(z, a) - at(z, b)))));
  expect(hingeRow(z, pairs, 0.1, 2).loss).toBeCloseTo((of(hinge, 0) + of(hinge, 1)) / 2, 12);
  expect(logisticRankRow(z, pairs).loss).toBeCloseTo((of(logistic, 0) + of(logistic, 1)) / 2, 12);
});

test('a teacher that finds all classes equal teaches nothing', async () => {
  const inputs = {
    ...termInputs(2, 6, 3),
    teacher: new Float32Array(12).fill(1),
    flags: Uint32Array.of(1, 1),
  };
  for (const kind of kinds) {
    const settings = { temperature: 1, width: 6, parameters: parametersOf(kind, 5, 0) };
    const found = await gpuTerm(rankPairs, paramsOf(kind, 6)(2, 6), inputs, settings);
    expect(found.get('gradient')?.every((g) => g === 0)).toBe(true);
    expect(found.get('stats')?.every((x) => x === 0)).toBe(true);
  }
});
