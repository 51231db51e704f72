/** The verdict on models of language: nats a token, less is better, paired by text; and the floor under their curve. */
import { describe, expect, test } from 'vitest';
import type { Evaluation, RunFacts } from '../protocol/events.ts';
import { clusteredStandardError, normalInterval, standardDeviation } from '../sharing/statistics.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import { chartData } from './curves.ts';
import { factsOf, present } from './fakePage.ts';
import { newRun } from './run.ts';
import { RunLog } from './runLog.ts';
import { presetSpec } from './state.ts';
import { verdictOf } from './verdict.ts';
import { ghostOf } from './visit.ts';

const fake = await factsOf(presetSpec('few-labels-1'));
const spec = present(storyPresets[0], 'a preset').spec;
const measures = { perplexity: 2, bitsPerCharacter: null, teacherLoss: 0.7, floor: 0.65 };
const facts: RunFacts = {
  ...fake.facts,
  spec,
  positions: 4,
  teacher: { ...fake.facts.teacher, parameters: 9, language: { ...measures, loss: 0.7 } },
};

/** Loss of each text in all; every text has ten tokens. */
function evaluation(losses: readonly number[], validationLoss = 1): Evaluation {
  const loss = losses.reduce((sum, one) => sum + one, 0) / (10 * losses.length);
  const texts = { losses: Float32Array.from(losses), tokens: new Uint32Array(losses.length).fill(10) };
  const base = present(fake.arms[0], 'an evaluation');
  return { ...base, n: 10 * losses.length, language: { ...measures, loss, validationLoss, texts } };
}

/** Arms of the preset: labels, hard answers, distilled. */
function judged(...arms: readonly (readonly number[])[]) {
  const log = new RunLog();
  log.evaluate({ step: 400, arms: arms.map((losses) => evaluation(losses)) });
  return present(verdictOf(facts, log, 0), 'a verdict');
}

describe('a race of models of language', () => {
  test('is judged by nats a token against its teacher, and less is better', () => {
    const verdict = judged([11, 13, 12], [10, 12, 11], [9, 11.2, 10.1]);
    expect(verdict).toMatchObject({ headline: { kind: 'loss' }, teacher: 0.7 });
    expect(verdict.scores.map(({ value }) => Number(value.toFixed(4)))).toEqual([1.2, 1.1, 1.01]);
    expect(verdict.total?.value).toBeCloseTo(-0.19, 6);
    expect(verdict.fromAnswers?.value).toBeCloseTo(-0.1, 6);
    expect(verdict.fromSoftness?.value).toBeCloseTo(-0.09, 6);
  });

  test('shows a difference that each text shows, however much the texts differ', () => {
    const { total, scores } = judged([5, 30, 12, 20], [5, 30, 12, 20], [4.4, 29.6, 11.5, 19.5]);
    expect(total?.shown).toBe(true);
    expect(total?.interval?.high).toBeLessThan(0);
    // Each alone is known far worse than the difference of the two.
    const own = present(scores[0]?.interval, 'an interval');
    expect(own.high - own.low).toBeGreaterThan(
      20 * ((total?.interval?.high ?? 0) - (total?.interval?.low ?? 0)),
    );
  });

  test('shows none where texts disagree, and none without texts', () => {
    expect(judged([10, 12, 9], [10, 12, 9], [11, 11, 8.7]).total?.shown).toBe(false);
    const log = new RunLog();
    const bare = evaluation([10, 12]);
    const { texts: _, ...language } = present(bare.language, 'measures');
    log.evaluate({ step: 400, arms: [bare, bare, { ...bare, language }] });
    expect(verdictOf(facts, log, 0)?.total).toMatchObject({ interval: null, shown: false });
  });

  test('over seeds counts those in which the distilled arm lost less', () => {
    const log = new RunLog();
    const seeds = [
      [1.2, 1.0],
      [1.3, 1.1],
      [1.1, 1.15],
    ] as const;
    for (const [index, [labels, distilled]] of seeds.entries()) {
      const arms = [labels, labels, distilled].map((loss) => evaluation([10 * loss, 10 * loss]));
      const told = { index, count: 3, seed: index, step: 400, total: 400, finished: true };
      log.replicate({ ...told, arms, steps: [], curves: [] });
    }
    expect(verdictOf(facts, log, 0)).toMatchObject({ basis: 'seeds', seeds: 3, wins: 2 });
  });

  test('has the true entropy and the teacher as level lines under its curve, and a best step by validation loss', () => {
    const run = { ...newRun({ id: 'a', name: '', origin: 'live', presetId: 'p', spec }), facts };
    run.log.evaluate({ step: 50, arms: [0, 1, 2].map(() => evaluation([9, 9], 0.8)) });
    run.log.evaluate({ step: 100, arms: [0, 1, 2].map(() => evaluation([12, 12], 0.9)) });
    const data = chartData('languageLoss', run, [], 0);
    expect(data.traces.filter(({ role }) => role === 'arm')[0]?.y[0]).toBeCloseTo(0.9, 6);
    expect(data.traces.find(({ role }) => role === 'floor')?.y).toEqual([0.65, 0.65]);
    expect(data.traces.find(({ role }) => role === 'teacher')?.y).toEqual([0.7, 0.7]);
    expect(data.best[0]).toMatchObject({ step: 50 });
    expect(ghostOf(run)?.curves[0]?.values[1]).toBeCloseTo(0.12, 6);
  });
});

test('an error over texts of equal length is that of their means, and of the same texts twice over is not smaller by more', () => {
  const means = [1, 1.4, 0.9, 1.2, 1.3];
  const error = clusteredStandardError(
    means.map((one) => 7 * one),
    means.map(() => 7),
  );
  expect(error).toBeCloseTo(standardDeviation(means) / Math.sqrt(means.length), 12);
  expect(normalInterval(0, error).high).toBeCloseTo(1.959964 * error, 6);
  // Tokens of one text count as one text, however many they are.
  expect(
    clusteredStandardError(
      means.map((one) => 70 * one),
      means.map(() => 70),
    ),
  ).toBeCloseTo(error, 12);
  expect(clusteredStandardError([3], [7])).toBeNaN();
});
