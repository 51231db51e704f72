/** What a verdict claims and from what: one run by paired rows, several seeds by t-intervals, and never more. */
import { describe, expect, test } from 'vitest';
import type { Evaluation, RunFacts } from '../protocol/events.ts';
import { factsOf, present } from './fakePage.ts';
import { RunLog } from './runLog.ts';
import { presetSpec } from './state.ts';
import { type Difference, verdictOf } from './verdict.ts';

/** Arms of the presets, in order. */
type ByArm<T> = readonly [labels: T, hard: T, distilled: T];

const accuracyRun = await factsOf(presetSpec('few-labels-1'));
const recallRun = await factsOf(presetSpec('dark-knowledge-1'));

/** An evaluation with these rows right; its accuracy is their share. */
function withCorrect(base: Evaluation, correct: readonly number[], validation = 0.5): Evaluation {
  const accuracy = correct.reduce((sum, one) => sum + one, 0) / correct.length;
  const bits = Uint8Array.from(correct);
  return { ...base, n: correct.length, accuracy, validationAccuracy: validation, correct: bits };
}

function withAccuracy(base: Evaluation, accuracy: number, n = 1_000): Evaluation {
  return withCorrect(
    base,
    Array.from({ length: n }, (_, row) => (row < Math.round(accuracy * n) ? 1 : 0)),
  );
}

function base(run: { arms: readonly Evaluation[] }): Evaluation {
  return present(run.arms[0], 'an evaluation');
}

/** A log whose last evaluation has these rows right in each arm. */
function oneRun(correct: ByArm<readonly number[]>): RunLog {
  const log = new RunLog();
  log.evaluate({ step: 2_000, arms: correct.map((rows) => withCorrect(base(accuracyRun), rows)) });
  return log;
}

/** A log repeated with as many seeds as there are accuracies. */
function seeds(accuracies: readonly ByArm<number>[], finished = true): RunLog {
  const log = new RunLog();
  const evaluation = base(accuracyRun);
  const whole = accuracies[0] ?? [0, 0, 0];
  log.evaluate({ step: 2_000, arms: whole.map((value) => withAccuracy(evaluation, value)) });
  for (const [index, values] of accuracies.entries()) {
    const arms = values.map((value) => withAccuracy(evaluation, value));
    const count = accuracies.length;
    const told = { index, count, seed: index + 1, step: 2_000, total: 2_000, finished };
    log.replicate({ ...told, arms, steps: [], curves: [] });
  }
  return log;
}

function judged(log: RunLog, facts: RunFacts = accuracyRun.facts, offset = 0) {
  return present(verdictOf(facts, log, offset), 'a verdict');
}

function rows(...parts: readonly (readonly [count: number, right: 0 | 1])[]): number[] {
  return parts.flatMap(([count, right]) => Array.from({ length: count }, () => right));
}

/** That a difference is claimed if and only if its interval lies on one side of 0. */
function expectHonest(difference: Difference | null): void {
  if (difference === null) return;
  const { interval, shown } = difference;
  expect(shown).toBe(interval !== null && (interval.low > 0 || interval.high < 0));
}

describe('a recording of several seeds', () => {
  const ends = [
    [0.5, 0.6, 0.9],
    [0.52, 0.62, 0.92],
  ] as const;
  const recorded = seeds(ends);
  for (const [index, arms] of ends.entries()) {
    const [told] = recorded.replicates;
    if (told === undefined) throw new Error('no seed');
    const curves = arms.map((end) => [end / 4, end / 2, end]);
    const evaluations = arms.map((value) => withAccuracy(base(accuracyRun), value));
    recorded.replicate({
      ...told,
      ...{ index, seed: index + 1, arms: evaluations, steps: [500, 1_000, 2_000], curves },
    });
  }
  const at = (step: number | undefined, offset = 0) =>
    present(verdictOf(accuracyRun.facts, recorded, offset, step), 'a verdict');

  test('is judged by all seeds where it is, and at its end by what they came to', () => {
    expect(at(1_200)).toMatchObject({ basis: 'seeds', seeds: 2, step: 1_000 });
    expect(at(1_200).scores[2]?.value).toBeCloseTo(0.455, 12);
    expect(at(1_200).total?.value).toBeCloseTo(0.2, 12);
    expect(at(2_000)).toEqual(at(undefined));
    expect(at(2_000).scores[2]?.value).toBeCloseTo(0.91, 12);
  });

  test('is judged by the one that is shown before any curve begins, and where an offset is looked at', () => {
    expect(at(100)).toMatchObject({ basis: 'run', seeds: 1 });
    expect(at(1_200, 3)).toMatchObject({ basis: 'run' });
    expect(at(2_000, 3)).toMatchObject({ basis: 'seeds' });
  });
});

describe('one run', () => {
  test('has no verdict before its first evaluation', () => {
    expect(verdictOf(accuracyRun.facts, new RunLog(), 0)).toBeNull();
  });

  test('helped: the interval of paired rows lies above 0', () => {
    // Both right on 600, only distilled on 150, only labels on 50, neither on 200.
    const labels = rows([600, 1], [150, 0], [50, 1], [200, 0]);
    const distilled = rows([600, 1], [150, 1], [50, 0], [200, 0]);
    const verdict = judged(oneRun([labels, labels, distilled]));
    expect(verdict).toMatchObject({ basis: 'run', seeds: 1, wins: 0, step: 2_000 });
    expect(verdict.total?.value).toBeCloseTo(0.1, 12);
    expect(verdict.total?.shown).toBe(true);
    const error = Math.sqrt(200 - 100 ** 2 / 1_000) / 1_000;
    expect(verdict.total?.interval?.low).toBeCloseTo(0.1 - 1.959964 * error, 12);
    expect(verdict.total?.interval?.high).toBeCloseTo(0.1 + 1.959964 * error, 12);
  });

  test('worse: the interval lies below 0, and that is shown too', () => {
    const labels = rows([600, 1], [150, 1], [50, 0], [200, 0]);
    const distilled = rows([600, 1], [150, 0], [50, 1], [200, 0]);
    const { total } = judged(oneRun([labels, labels, distilled]));
    expect(total?.value).toBeCloseTo(-0.1, 12);
    expect(total?.shown).toBe(true);
    expect(total?.interval?.high).toBeLessThan(0);
  });

  test('no difference: equally many rows either way', () => {
    const labels = rows([600, 1], [50, 0], [50, 1], [300, 0]);
    const distilled = rows([600, 1], [50, 1], [50, 0], [300, 0]);
    const { total } = judged(oneRun([labels, labels, distilled]));
    expect(total).toMatchObject({ value: 0, shown: false });
  });

  test('no difference: the same rows right', () => {
    const same = rows([700, 1], [300, 0]);
    expect(judged(oneRun([same, same, same])).total).toMatchObject({
      value: 0,
      interval: { low: 0, high: 0 },
      shown: false,
    });
  });

  test('no difference: ahead by a few rows, but not by more than chance gives', () => {
    const labels = rows([600, 1], [30, 0], [20, 1], [350, 0]);
    const distilled = rows([600, 1], [30, 1], [20, 0], [350, 0]);
    const { total } = judged(oneRun([labels, labels, distilled]));
    expect(total?.value).toBeCloseTo(0.01, 12);
    expect(total?.shown).toBe(false);
  });

  test('splits the gain between answers and softness, which add up', () => {
    const labels = rows([600, 1], [400, 0]);
    const hard = rows([700, 1], [300, 0]);
    const distilled = rows([900, 1], [100, 0]);
    const { total, fromAnswers, fromSoftness } = judged(oneRun([labels, hard, distilled]));
    expect(fromAnswers?.value).toBeCloseTo(0.1, 12);
    expect(fromSoftness?.value).toBeCloseTo(0.2, 12);
    expect(total?.value).toBeCloseTo(0.3, 12);
  });

  test('gives no ratios, which need several seeds', () => {
    const { gapRecovered, softShare } = judged(oneRun([rows([1, 0]), rows([1, 0]), rows([1, 1])]));
    expect([gapRecovered, softShare]).toEqual([null, null]);
  });

  test('compares nothing where an arm is missing', () => {
    const { facts } = accuracyRun;
    const lone = { ...facts, arms: facts.arms.slice(2) };
    const log = new RunLog();
    log.evaluate({ step: 50, arms: [withAccuracy(base(accuracyRun), 0.9)] });
    const verdict = judged(log, lone);
    expect([verdict.total, verdict.fromAnswers, verdict.fromSoftness]).toEqual([null, null, null]);
    expect(verdict.scores).toHaveLength(1);
  });

  test('names the step that validation would have chosen, where it is not the last', () => {
    const log = new RunLog();
    const evaluation = base(accuracyRun);
    for (const [step, accuracy, validation] of [
      [50, 0.6, 0.5],
      [100, 0.8, 0.9],
      [150, 0.7, 0.7],
    ] as const) {
      const right = rows([accuracy * 10, 1], [10 - accuracy * 10, 0]);
      log.evaluate({ step, arms: [withCorrect(evaluation, right, validation)] });
    }
    expect(judged(log).scores[0]?.best).toEqual({ step: 100, value: 0.8 });
    log.evaluate({ step: 200, arms: [withCorrect(evaluation, rows([9, 1], [1, 0]), 0.95)] });
    expect(judged(log).scores[0]?.best).toBeNull();
  });
});

describe('recall of a class that was left out', () => {
  const labels3 = Uint32Array.from({ length: 1_000 }, (_, row) => (row < 100 ? 3 : 1));

  /** 100 rows of class 3, of which so many are right; of the other 900 all or none. */
  function recalls(right: ByArm<number>, others: ByArm<0 | 1>): RunLog {
    const log = new RunLog();
    const arms = right.map((hits, arm): Evaluation => {
      const bits = rows([hits, 1], [100 - hits, 0], [900, others[arm] ?? 0]);
      const recall = Array.from({ length: 10 }, (_, label) => (label === 3 ? hits / 100 : 0.5));
      const classRows = Array.from({ length: 10 }, (_, label) => (label === 3 ? 100 : 0));
      return { ...withCorrect(base(recallRun), bits), recall, classRows, leftOut: [] };
    });
    log.evaluate({ step: 2_000, arms });
    return log;
  }

  test('is judged on the rows of that class alone', () => {
    const facts = { ...recallRun.facts, testLabels: labels3 };
    // Labels are right on all other rows and distilled on none: that must not count.
    const verdict = judged(recalls([0, 0, 80], [1, 1, 0]), facts);
    expect(verdict.headline).toEqual({ kind: 'recall', label: 3 });
    expect(verdict.total?.value).toBeCloseTo(0.8, 12);
    const error = Math.sqrt(80 - 80 ** 2 / 100) / 100;
    expect(verdict.total?.interval?.low).toBeCloseTo(0.8 - 1.959964 * error, 12);
    expect(verdict.teacher).toBe(0.99);
  });

  test('is judged as two shares where the rows are not known', () => {
    const { testLabels: _, ...facts } = { ...recallRun.facts, testLabels: labels3 };
    const { total } = judged(recalls([20, 20, 30], [1, 1, 1]), facts);
    const error = Math.sqrt((0.2 * 0.8) / 100 + (0.3 * 0.7) / 100);
    expect(total?.interval?.low).toBeCloseTo(0.1 - 1.959964 * error, 12);
    expect(total?.shown).toBe(false);
  });

  test('is not claimed where no test row is of that class', () => {
    const facts = { ...recallRun.facts, testLabels: new Uint32Array(1_000) };
    const { total } = judged(recalls([0, 0, 80], [0, 0, 0]), facts);
    expect(total?.interval?.low).toBeNaN();
    expect(total?.shown).toBe(false);
  });

  test('is read at the offset that someone looks at', () => {
    const log = new RunLog();
    const arms = [0.1, 0.1, 0.4].map((first): Evaluation => {
      const table = Array.from({ length: 21 }, (_, offset) => Math.min(1, first + 0.1 * offset));
      const leftOut = [
        {
          label: 3,
          auc: 0.9,
          recallByOffset: table,
          accuracyByOffset: table,
          matchedOffset: 4,
          matchedRecall: 0.9,
        },
      ];
      return { ...base(recallRun), leftOut, recall: Array.from({ length: 10 }, () => first) };
    });
    log.evaluate({ step: 50, arms });
    expect(judged(log, recallRun.facts, 2).scores.map(({ value }) => value)).toEqual([
      expect.closeTo(0.3, 12),
      expect.closeTo(0.3, 12),
      expect.closeTo(0.6, 12),
    ]);
    expect(judged(log, recallRun.facts, 2.5).scores[0]?.value).toBeCloseTo(0.35, 12);
  });
});

describe('several seeds', () => {
  test('helped: the t-interval of the differences lies above 0', () => {
    const verdict = judged(
      seeds([
        [0.8, 0.82, 0.83],
        [0.8, 0.82, 0.84],
        [0.8, 0.82, 0.85],
        [0.8, 0.82, 0.84],
        [0.8, 0.82, 0.84],
      ]),
    );
    expect(verdict).toMatchObject({ basis: 'seeds', seeds: 5, wins: 5 });
    expect(verdict.total?.value).toBeCloseTo(0.04, 12);
    const reach = (2.7764 * Math.sqrt(0.0002 / 4)) / Math.sqrt(5);
    expect(verdict.total?.interval?.low).toBeCloseTo(0.04 - reach, 10);
    expect(verdict.total?.shown).toBe(true);
    expect(verdict.scores[2]).toMatchObject({ kind: 'distilled', best: null });
    expect(verdict.scores[2]?.value).toBeCloseTo(0.84, 12);
  });

  test('no difference: better in every one of three seeds, but the interval holds 0', () => {
    const { total, wins } = judged(
      seeds([
        [0.8, 0.8, 0.82],
        [0.8, 0.8, 0.84],
        [0.8, 0.8, 0.86],
      ]),
    );
    expect(wins).toBe(3);
    expect(total?.value).toBeCloseTo(0.04, 12);
    expect(total?.interval?.low).toBeLessThan(0);
    expect(total?.shown).toBe(false);
  });

  test('worse: below 0, better in none', () => {
    const { total, wins } = judged(
      seeds([
        [0.84, 0.82, 0.8],
        [0.85, 0.82, 0.8],
        [0.83, 0.82, 0.8],
        [0.84, 0.82, 0.8],
      ]),
    );
    expect(wins).toBe(0);
    expect(total?.value).toBeCloseTo(-0.04, 12);
    expect(total?.shown).toBe(true);
  });

  test('that agree to the last figure on nothing are no difference', () => {
    const { total, wins } = judged(
      seeds([
        [0.8, 0.8, 0.8],
        [0.8, 0.8, 0.8],
      ]),
    );
    expect(wins).toBe(0);
    expect(total).toMatchObject({ value: 0, shown: false });
  });

  test('one finished seed is still one run', () => {
    const log = seeds([[0.8, 0.82, 0.9]]);
    expect(judged(log)).toMatchObject({ basis: 'run', seeds: 1 });
  });

  test('seeds that are still running do not count', () => {
    const log = seeds(
      [
        [0.8, 0.82, 0.9],
        [0.8, 0.82, 0.9],
      ],
      false,
    );
    expect(judged(log).basis).toBe('run');
  });

  test('give the share of the gap to the teacher that was recovered, with its interval', () => {
    const { facts } = accuracyRun;
    const verdict = judged(
      seeds([
        [0.8, 0.85, 0.9],
        [0.8, 0.85, 0.9],
        [0.79, 0.84, 0.9],
      ]),
      { ...facts, teacher: { ...facts.teacher, accuracy: 1 } },
    );
    expect(verdict.gapRecovered?.value).toBeCloseTo(0.31 / 0.61, 12);
    expect(verdict.softShare?.value).toBeCloseTo(0.16 / 0.31, 12);
    expect(verdict.gapRecovered?.interval.low).toBeLessThanOrEqual(0.31 / 0.61);
    expect(verdict.gapRecovered?.interval.high).toBeGreaterThanOrEqual(0.31 / 0.61);
  });

  test('give no share of a gap that may be none', () => {
    const { facts } = accuracyRun;
    const verdict = judged(
      seeds([
        [0.8, 0.8, 0.81],
        [0.8, 0.8, 0.79],
        [0.8, 0.8, 0.8],
      ]),
      { ...facts, teacher: { ...facts.teacher, accuracy: 0.8 } },
    );
    expect([verdict.gapRecovered, verdict.softShare]).toEqual([null, null]);
  });
});

test('nothing is ever claimed whose interval holds 0', () => {
  let state = 1;
  const draw = () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
  for (let i = 0; i < 200; i++) {
    const spread = 0.2 * draw();
    const gain = 0.1 * (draw() - 0.5);
    const count = 1 + Math.floor(4 * draw());
    const log = seeds(
      Array.from({ length: count }, () => {
        const labels = 0.7 + spread * (draw() - 0.5);
        return [labels, labels + gain * draw(), labels + gain + spread * (draw() - 0.5)] as const;
      }),
    );
    const { total, fromAnswers, fromSoftness } = judged(log);
    for (const difference of [total, fromAnswers, fromSoftness]) expectHonest(difference);
  }
});
