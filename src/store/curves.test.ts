/** Which lines each chart has, and that they hold the log's own numbers. */
import { beforeEach, describe, expect, test } from 'vitest';
import { type Evaluation, metricColumns, metricStride } from '../protocol/events.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { type ChartId, chartData, isShare } from './curves.ts';
import { factsOf, present } from './fakePage.ts';
import { newRun, type Run } from './run.ts';
import { presetSpec } from './state.ts';

const accuracySpec = presetSpec('few-labels-1');
const recallSpec = presetSpec('dark-knowledge-1');
const accuracyRun = await factsOf(accuracySpec);
const recallRun = await factsOf(recallSpec);

/** A run of three arms; the accuracy of an arm at a step is (arm + 1)/10 + step/1000. */
function runOf(spec: RunSpec, origin: Run['origin'] = 'live'): Run {
  const { facts } = spec === recallSpec ? recallRun : accuracyRun;
  return { ...newRun({ id: 'a', name: 'quiet cordial', origin, presetId: 'p', spec }), facts };
}

function evaluate(run: Run, ...steps: number[]): void {
  const base = present(accuracyRun.arms[0], 'an evaluation');
  for (const step of steps) {
    const arms = [0, 1, 2].map((arm): Evaluation => {
      const accuracy = (arm + 1) / 10 + step / 1_000;
      const recall = base.recall.map(() => accuracy / 2);
      return { ...base, accuracy, recall, divergence: step + arm, leftOut: [] };
    });
    run.log.evaluate({ step, arms });
  }
}

/** Two rows; each column of each arm holds a number that tells where it came from. */
function measure(run: Run): void {
  const values = [0, 1, 2].map((arm) => {
    const rows = new Float32Array(2 * metricStride);
    for (const [at] of metricColumns.entries()) {
      rows[at] = (at + 1) * (arm + 1);
      rows[metricStride + at] = 4 * (at + 1) * (arm + 1);
    }
    return rows;
  });
  run.log.appendRows(Uint32Array.of(0, 1), values);
}

function traces(chart: ChartId, run: Run, role: string, ghosts: readonly Run[] = []) {
  return chartData(chart, run, ghosts, 0).traces.filter((trace) => trace.role === role);
}

let run: Run;
beforeEach(() => {
  run = runOf(accuracySpec);
});

describe('held-out measures', () => {
  test('are one line for each arm; shares in per cent, divergences in nats', () => {
    evaluate(run, 0, 50);
    const lines = traces('accuracy', run, 'arm');
    expect(lines.map(({ kind }) => kind)).toEqual(['labels', 'hard', 'distilled']);
    expect(lines[1]?.x).toEqual([0, 50]);
    expect(lines[1]?.y).toEqual([20, 25]);
    expect(traces('divergence', run, 'arm')[2]?.y).toEqual([2, 52]);
    expect([isShare('accuracy'), isShare('divergence')]).toEqual([true, false]);
  });

  test('have the teacher as a level line where it is known', () => {
    evaluate(run, 0);
    expect(traces('headline', run, 'teacher')).toMatchObject([{ x: [0, 2_000], y: [99.2, 99.2] }]);
    expect(traces('divergence', run, 'teacher')).toEqual([]);
    expect(traces('headline', { ...run, facts: null }, 'teacher')).toEqual([]);
  });

  test('of a run about a class that was left out are its recall, and the teacher has its own', () => {
    const recall = runOf(recallSpec);
    evaluate(recall, 0, 50);
    expect(traces('headline', recall, 'arm')[2]?.y).toEqual([15, 17.5]);
    expect(traces('headline', recall, 'teacher')[0]?.y).toEqual([99, 99]);
  });

  test('name the best step by validation, in the same unit', () => {
    evaluate(run, 0, 50, 100);
    // All validation accuracies are equal here: the first is as good as any.
    expect(chartData('headline', run, [], 0).best).toMatchObject([
      { arm: 0, step: 0, value: 10 },
      { arm: 1, step: 0, value: 20 },
      { arm: 2, step: 0, value: 30 },
    ]);
    expect(chartData('accuracy', run, [], 0).best).toEqual([]);
  });

  test('are over the same rows at every step: the last point is not of the rows that only the result is over', () => {
    evaluate(run, 0, 50);
    const watched = present(run.log.last?.arms[0], 'an evaluation');
    run.log.evaluate({ step: 50, arms: [{ ...watched, n: 10_000, accuracy: 0.9, watched }] });
    expect(traces('accuracy', run, 'arm')[0]?.y[1]).toBeCloseTo(15, 10);
    expect(run.log.last?.arms[0]?.accuracy).toBe(0.9);
  });

  test('of texts lie beside the loss of the teacher and the floor on the same texts', () => {
    const told = { perplexity: 1, bitsPerCharacter: null, teacherLoss: 2, floor: 1.5 };
    const base = present(accuracyRun.arms[0], 'an evaluation');
    const watched = { ...base, language: { ...told, loss: 3, validationLoss: 3 } };
    const all = { ...told, loss: 4, teacherLoss: 2.5, floor: 2 };
    const stories = runOf(presetSpec('stories-1'));
    const facts = present(stories.facts, 'facts');
    const texts = { ...stories, facts: { ...facts, teacher: { ...facts.teacher, language: all } } };
    texts.log.evaluate({ step: 0, arms: [watched] });
    texts.log.evaluate({
      step: 400,
      arms: [{ ...watched, language: { ...all, validationLoss: 3 }, watched }],
    });
    expect(traces('languageLoss', texts, 'arm')[0]?.y).toEqual([3, 3]);
    expect(traces('languageLoss', texts, 'teacher')[0]?.y).toEqual([2, 2]);
    expect(traces('languageLoss', texts, 'floor')[0]?.y).toEqual([1.5, 1.5]);
  });

  test('show an averaged copy beside the arm that it teaches, in the charts of what both can', () => {
    const base = present(accuracyRun.arms[0], 'an evaluation');
    const average = { accuracy: 0.5, recall: [], loss: null };
    run.log.evaluate({ step: 0, arms: [base, base, { ...base, average }] });
    run.log.evaluate({ step: 50, arms: [base, base, { ...base, average: { ...average, accuracy: 0.75 } }] });
    for (const chart of ['headline', 'accuracy'] as const)
      expect(traces(chart, run, 'average')).toMatchObject([{ arm: 2, x: [0, 50], y: [50, 75] }]);
    expect(traces('divergence', run, 'average')).toEqual([]);
  });

  test('mark the steps at which a live setting changed', () => {
    run.log.record({ step: 30, path: 'objective.mix', value: 0.5 });
    const { ticks, lastStep } = chartData('loss', run, [], 0);
    expect(ticks).toEqual([{ step: 30, path: 'objective.mix', value: 0.5 }]);
    expect(lastStep).toBe(2_000);
  });
});

describe('a repeated run', () => {
  function repeated(origin: Run['origin'] = 'live'): Run {
    const made = runOf(accuracySpec, origin);
    evaluate(made, 0, 50);
    for (const [index, height] of [0.2, 0.4].entries()) {
      made.log.replicate({
        ...{ index, count: 2, seed: index + 1, step: 100, total: 100, finished: true, arms: [] },
        steps: [50, 100],
        curves: [0, 1, 2].map((arm) => [height, height + arm / 10]),
      });
    }
    return made;
  }

  test('has a thin line for each seed and their mean as the line of the arm', () => {
    const made = repeated();
    const seeds = traces('headline', made, 'seed').filter(({ arm }) => arm === 2);
    const [mean] = traces('headline', made, 'arm').filter(({ arm }) => arm === 2);
    expect(seeds).toHaveLength(2);
    expect(mean?.x).toEqual([50, 100]);
    expect(mean?.y[0]).toBeCloseTo(30, 10);
    expect(mean?.y[1]).toBeCloseTo(50, 10);
  });

  test('has the mean of the averaged copies as one line more, where an arm keeps one', () => {
    const made = repeated();
    expect(traces('headline', made, 'average')).toEqual([]);
    for (const one of made.log.replicates)
      made.log.replicate({ ...one, averages: [[], [], [0.5 + one.index / 10, 0.7 + one.index / 10]] });
    const [mean, ...others] = traces('headline', made, 'average');
    expect(others).toEqual([]);
    expect(mean).toMatchObject({ arm: 2, x: [50, 100] });
    expect(mean?.y[0]).toBeCloseTo(55, 10);
    expect(mean?.y[1]).toBeCloseTo(75, 10);
  });

  test('keeps the hollow marks of the run that is shown: repetitions have no validation to choose by', () => {
    expect(chartData('headline', repeated(), [], 0).best).toMatchObject([
      { arm: 0, step: 0, value: 10 },
      { arm: 1, step: 0, value: 20 },
      { arm: 2, step: 0, value: 30 },
    ]);
  });

  test('averages only seeds that have come as far as the first', () => {
    const made = repeated();
    made.log.replicate({
      ...{ index: 1, count: 2, seed: 2, step: 50, total: 100, finished: false, arms: [] },
      ...{ steps: [50], curves: [[0.9], [0.9], [0.9]] },
    });
    const [mean] = traces('headline', made, 'arm');
    expect(mean?.y).toEqual([20, 20]);
  });

  test('that is a recording shows them up to the step it is at', () => {
    const made = { ...repeated('recording'), step: 60 };
    expect(traces('headline', made, 'seed').every(({ x }) => x.at(-1) === 50)).toBe(true);
    expect(traces('headline', { ...made, step: 100 }, 'seed')[0]?.x).toEqual([50, 100]);
  });

  test('is drawn from its own evaluations where an offset is looked at', () => {
    const data = chartData('headline', repeated(), [], 2);
    expect(data.traces.filter(({ role }) => role === 'seed')).toEqual([]);
    expect(data.traces.find(({ role }) => role === 'arm')?.x).toEqual([0, 50]);
  });
});

describe('ghosts', () => {
  test('lie under the run, with the name of theirs, and without the arms that learn from labels alone', () => {
    evaluate(run, 0, 50);
    const old = { ...runOf(accuracySpec), name: 'amber retort' };
    evaluate(old, 0, 50, 100);
    const data = chartData('headline', run, [old], 0);
    expect(data.traces[0]?.role).toBe('ghost');
    const ghosts = data.traces.filter(({ role }) => role === 'ghost');
    expect(ghosts.map(({ kind, runName }) => [kind, runName])).toEqual([
      ['hard', 'amber retort'],
      ['distilled', 'amber retort'],
    ]);
    expect(ghosts[1]?.x).toEqual([0, 50, 100]);
    expect(ghosts[1]?.y[2]).toBeCloseTo(40, 10);
  });
});

describe('training terms', () => {
  const at = (name: (typeof metricColumns)[number]) => metricColumns.indexOf(name) + 1;

  test('are read from the rows of each arm', () => {
    measure(run);
    expect(traces('loss', run, 'arm').map(({ x, y }) => [x, y])).toEqual([
      [
        [0, 1],
        [at('loss'), 4 * at('loss')],
      ],
      [
        [0, 1],
        [2 * at('loss'), 8 * at('loss')],
      ],
      [
        [0, 1],
        [3 * at('loss'), 12 * at('loss')],
      ],
    ]);
    expect(traces('labelLoss', run, 'arm')[0]?.y[0]).toBe(at('labelLoss'));
  });

  test('of the teacher belong to the arm that learns from its softness, a line for each term', () => {
    const terms = [
      { id: 'forward_kl', weight: 1 },
      { id: 'reverse_kl', weight: 1 },
    ];
    const two = { ...run, spec: { ...accuracySpec, objective: { ...accuracySpec.objective, terms } } };
    measure(two);
    const lines = traces('terms', two, 'arm');
    expect(lines.map(({ arm, part }) => [arm, part])).toEqual([
      [2, 1],
      [2, 2],
    ]);
    expect(lines[1]?.y[0]).toBe(3 * at('term1'));
  });

  test('show norms of gradients, not their squares, and their ratio', () => {
    measure(run);
    const [labels, term] = traces('gradients', run, 'arm');
    expect(labels?.y[0]).toBeCloseTo(Math.sqrt(3 * at('labelGradient2')), 5);
    expect(term?.y[1]).toBeCloseTo(Math.sqrt(12 * at('termGradient2_0')), 5);
    const [ratio] = traces('ratio', run, 'arm');
    expect(ratio?.y[0]).toBeCloseTo(Math.sqrt(at('termGradient2_0') / at('labelGradient2')), 5);
  });

  test('have no ratio where there is no gradient of the labels', () => {
    const values = [0, 1, 2].map(() => {
      const rows = new Float32Array(metricStride);
      rows[metricColumns.indexOf('termGradient2_0')] = 4;
      return rows;
    });
    run.log.appendRows(Uint32Array.of(0), values);
    expect(traces('ratio', run, 'arm')[0]?.y).toEqual([Number.NaN]);
  });
});
