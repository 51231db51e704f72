/** What a sweep is said to have shown, and which numbers stand in its table. */
import { expect, test } from 'vitest';
import type { Evaluation } from '../protocol/events.ts';
import { bestValue, type SweptRun, sweepCsv, sweepSummary } from './sweepTable.ts';

const evaluation = (accuracy: number, validationAccuracy = accuracy): Evaluation => ({
  ...{ n: 100, accuracy, validationAccuracy, agreement: 0.25, agreementWhereTeacherErrs: 0 },
  ...{ teacherErrs: 0, divergence: 0.125, reverseDivergence: 0, calibrationError: 0, calibrationFloor: 0 },
  ...{ calibrationGap: 0, entropyGap: 0, recall: [1], classRows: [], confusion: [], leftOut: [] },
  correct: new Uint8Array(),
});

const facts = {
  path: 'objective.temperature',
  arms: ['labels', 'distilled, "T"'],
  headline: (one: Evaluation) => one.accuracy,
};

const run = (value: number, seed: number, ...scores: readonly number[]): SweptRun => ({
  ...{ value, seed, arms: scores.map((score) => evaluation(score)), failed: null },
});

/** By value and seed: labels, distilled. */
const runs = [
  ...[run(1, 1, 0.5, 0.6), run(1, 2, 0.5, 0.64), run(1, 3, 0.5, 0.62)],
  ...[run(4, 1, 0.5, 0.8), run(4, 2, 0.5, 0.84), run(4, 3, 0.5, 0.82)],
  ...[run(8, 1, 0.5, 0.81), run(8, 2, 0.5, 0.83), run(8, 3, 0.5, 0.825)],
];

test('The table has a row for each value, seed and arm, with the setting and the headline by name', () => {
  const lines = sweepCsv(facts, runs).trimEnd().split('\r\n');
  const names = lines[0]?.split(',') ?? [];
  expect(lines).toHaveLength(1 + 9 * 2);
  expect(new Set(names).size).toBe(names.length);
  expect(names.slice(0, 7)).toEqual([
    'setting',
    'value',
    'seed',
    'arm',
    'headline',
    'evaluatedRows',
    'accuracy',
  ]);
  expect(lines[1]).toMatch(/^objective\.temperature,1,1,labels,0\.5,100,0\.5,0\.25,/);
  expect(lines[2]).toMatch(/^objective\.temperature,1,1,"distilled, ""T""",0\.6,/);
});

test('A run that failed has empty cells and its reason, and is in no mean', () => {
  const all = [...runs, { value: 16, seed: 1, arms: [], failed: 'Training diverged' }];
  const last = sweepCsv(facts, all).trimEnd().split('\r\n').at(-1) ?? '';
  expect(last).toMatch(/^objective\.temperature,16,1,"distilled, ""T""",,+Training diverged$/);
  expect(sweepSummary(facts, all).at(-1)).toEqual({ value: 16, seeds: [], failed: [1], arms: [] });
  expect(bestValue(facts, all, 1, 1)?.value).toBe(8);
});

test('The summary holds the mean over seeds and t·s/√S about it, and no interval for one seed', () => {
  const [first] = sweepSummary(facts, runs);
  expect(first).toMatchObject({ value: 1, seeds: [1, 2, 3], failed: [] });
  const { mean, interval } = first?.arms[1]?.headline ?? { mean: 0, interval: null };
  expect(mean).toBeCloseTo(0.62, 12);
  expect(interval?.high).toBeCloseTo(0.62 + (4.3027 * 0.02) / Math.sqrt(3), 6);
  expect(first?.arms[0]?.agreement).toEqual({ mean: 0.25, interval: { low: 0.25, high: 0.25 } });
  expect(sweepSummary(facts, runs.slice(0, 1))[0]?.arms[1]?.headline).toEqual({ mean: 0.6, interval: null });
});

test('The best value is told with its lead over the next, seed by seed, and a lead whose interval holds 0 is not shown', () => {
  const best = bestValue(facts, runs, 1, 1);
  expect(best).toMatchObject({ value: 8, seeds: 3, next: { value: 4, shown: false } });
  expect(best?.next?.difference).toBeCloseTo((0.01 - 0.01 + 0.005) / 3, 12);
  const clear = bestValue(facts, runs.slice(0, 6), 1, 1);
  expect(clear).toMatchObject({ value: 4, next: { value: 1, shown: true } });
  expect(clear?.next?.difference).toBeCloseTo(0.2, 12);
});

test('The best value is picked on validation and told on the test rows, whatever these say', () => {
  const judged = (value: number, seed: number, accuracy: number, validation: number): SweptRun => ({
    ...{ value, seed, failed: null, arms: [evaluation(0), evaluation(accuracy, validation)] },
  });
  const misled = [1, 2, 3].flatMap((seed) => [
    judged(1, seed, 0.8 + seed / 1000, 0.7),
    judged(2, seed, 0.6 + seed / 500, 0.9),
    judged(4, seed, 0.99, 0.1),
  ]);
  const best = bestValue(facts, misled, 1, 1);
  expect(best).toMatchObject({ value: 2, next: { value: 1, shown: false } });
  expect(best?.mean).toBeCloseTo(0.604, 12);
  // Clear of 0, and no lead.
  expect(best?.next?.interval?.high).toBeLessThan(0);
});

test('Of models of language the lowest validation loss is best, and less is a lead', () => {
  const told = (value: number, seed: number, loss: number): SweptRun => {
    const language = { loss, validationLoss: loss + 1 } as NonNullable<Evaluation['language']>;
    return { value, seed, failed: null, arms: [{ ...evaluation(0), language }] };
  };
  const losses = { ...facts, headline: (one: Evaluation) => one.language?.loss ?? Number.NaN };
  const runs = [told(1, 1, 3), told(2, 1, 2), told(1, 2, 3.1), told(2, 2, 2.1001)];
  expect(bestValue(losses, runs, 0, -1)).toMatchObject({ value: 2, next: { value: 1, shown: true } });
});

test('One seed shows nothing; a value that lacks a seed is none of the best', () => {
  expect(bestValue(facts, [run(1, 1, 0, 0.6), run(2, 1, 0, 0.9)], 1, 1)?.next).toEqual({
    ...{ value: 1, difference: 0.9 - 0.6, interval: null, shown: false },
  });
  expect(bestValue(facts, runs.slice(0, 7), 1, 1)?.value).toBe(4);
  expect(bestValue(facts, [], 1, 1)).toBeNull();
});

test('An arm that the setting does not touch has no best value', () => {
  expect(bestValue(facts, runs, 0, 1)).toBeNull();
  const [first, ...others] = runs;
  const apart = first === undefined ? [] : [{ ...first, arms: [evaluation(0.51)] }, ...others];
  expect(bestValue(facts, apart, 0, 1)?.value).toBe(1);
  expect(bestValue(facts, runs.slice(0, 3), 0, 1)?.next).toBeNull();
});
