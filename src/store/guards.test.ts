/** When each warning is given, and when it is not; each has its sentence in the locale. */
import { describe, expect, test } from 'vitest';
import en from '../locales/en.json';
import { type Evaluation, metricColumns, metricStride } from '../protocol/events.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { factsOf, present } from './fakePage.ts';
import { type Guard, resultGuards, settingGuards } from './guards.ts';
import { RunLog } from './runLog.ts';
import { presetSpec } from './state.ts';

const spec = presetSpec('few-labels-1');
const { facts, arms } = await factsOf(spec);
const base = present(arms[0], 'an evaluation');

function ids(guards: readonly Guard[]): readonly string[] {
  return guards.map(({ id }) => id);
}

describe('settings', () => {
  const quiet: RunSpec = { ...spec, objective: { ...spec.objective, mix: 0.9 } };

  test('of a preset that is fine give no warning', () => {
    expect(settingGuards(quiet, null)).toEqual([]);
  });

  test('warn of a narrow student only where a class is left out', () => {
    const student = { ...presetSpec('dark-knowledge-1').student, hidden: [256, 64] } as RunSpec['student'];
    const narrow = { ...presetSpec('dark-knowledge-1'), student };
    expect(settingGuards(narrow, null)).toEqual([{ id: 'narrow', values: { width: 64 } }]);
    expect(settingGuards({ ...quiet, student }, null)).toEqual([]);
  });

  test('warn where the teacher is too sharp or too soft at this temperature', () => {
    const at = (temperature: number) => {
      const objective = { ...quiet.objective, temperature };
      return ids(settingGuards({ ...quiet, objective }, facts));
    };
    expect(at(0.05)).toEqual(['tooSharp']);
    expect(at(1_000)).toEqual(['tooSoft']);
    expect(at(8)).toEqual([]);
  });

  test('do not judge softness of two classes, or where it is not known', async () => {
    const planes = presetSpec('two-moons-1');
    const cold = { ...planes, objective: { ...planes.objective, temperature: 0.05 } };
    expect(settingGuards(cold, (await factsOf(cold)).facts)).toEqual([]);
    const objective = { ...quiet.objective, temperature: 0.05 };
    expect(settingGuards({ ...quiet, objective }, null)).toEqual([]);
  });

  test('say that a single loss has no scale of its own under AdamW', () => {
    const objective = { ...quiet.objective, mix: 1 };
    expect(ids(settingGuards({ ...quiet, objective }, null))).toEqual(['oneLoss']);
    const optimiser = { ...quiet.optimiser, kind: 'sgd' } as RunSpec['optimiser'];
    expect(settingGuards({ ...quiet, objective, optimiser }, null)).toEqual([]);
  });

  test('say what label smoothing is not', () => {
    const arms: RunSpec['arms'] = [{ kind: 'smoothed', smoothing: 0.1 }];
    expect(ids(settingGuards({ ...quiet, arms }, null))).toEqual(['smoothing']);
  });
});

describe('results', () => {
  /** One evaluation for each value, the last at the last step; by default the other arms stand still. */
  function logOf(
    distilled: readonly Partial<Evaluation>[],
    labels: readonly Partial<Evaluation>[] = [],
    last = spec.training.steps,
  ): RunLog {
    const log = new RunLog();
    for (const [at, change] of distilled.entries()) {
      const still = { ...base, accuracy: 0.5, agreementWhereTeacherErrs: 0 };
      const step = last - 50 * (distilled.length - 1 - at);
      log.evaluate({ step, arms: [{ ...still, ...labels[at] }, still, { ...still, ...change }] });
    }
    return log;
  }

  const level = Array.from({ length: 5 }, () => ({ accuracy: 0.9 }));

  test('that are fine give no warning', () => {
    expect(resultGuards(spec, facts, logOf(level))).toEqual([]);
  });

  test('say that it still rises, by how many points, and only at the end', () => {
    const rising = [0.8, 0.82, 0.84, 0.86, 0.88].map((accuracy) => ({ accuracy }));
    expect(resultGuards(spec, facts, logOf(rising))).toEqual([{ id: 'notConverged', values: { points: 8 } }]);
    expect(resultGuards(spec, facts, logOf(rising, [], 1_000))).toEqual([]);
    const slow = [0.8, 0.802, 0.804, 0.806, 0.808].map((accuracy) => ({ accuracy }));
    expect(resultGuards(spec, facts, logOf(slow))).toEqual([]);
  });

  test('say where the student copies the errors of its teacher, and not where there are none', () => {
    const copying = level.map((one) => ({ ...one, agreementWhereTeacherErrs: 0.42, teacherErrs: 16 }));
    expect(resultGuards(spec, facts, logOf(copying))).toEqual([
      { id: 'copies', values: { share: 42, n: 16 } },
    ]);
    const none = copying.map((one) => ({ ...one, teacherErrs: 0 }));
    expect(resultGuards(spec, facts, logOf(none))).toEqual([]);
  });

  test('say where the student passes its teacher', () => {
    const better = level.map(() => ({ accuracy: 0.999, n: 10_000 }));
    expect(ids(resultGuards(spec, facts, logOf(better)))).toEqual(['beatsTeacher']);
  });

  test('do not say so where that may be chance: of few rows, or over seeds of which some fall short', () => {
    const few = level.map(() => ({ accuracy: 0.999, n: 100 }));
    expect(resultGuards(spec, facts, logOf(few))).toEqual([]);
    const repeated = (finals: readonly number[]) => {
      const log = logOf(level.map(() => ({ accuracy: 0.999, n: 10_000 })));
      for (const [index, accuracy] of finals.entries()) {
        const arms = Array.from({ length: 3 }, () => ({ ...base, accuracy }));
        log.replicate({
          ...{ index, count: finals.length, seed: index, step: 9, total: 9, finished: true, arms },
          ...{ steps: [], curves: [] },
        });
      }
      return ids(resultGuards(spec, facts, log));
    };
    expect(repeated([0.999, 0.98, 0.999])).toEqual([]);
    expect(repeated([0.999, 0.998, 0.999])).toEqual(['beatsTeacher']);
  });

  test('say that wrong labels are learnt by heart, only where labels are wrong', () => {
    const noisy: RunSpec = { ...spec, data: { ...spec.data, labelNoise: 0.3 } };
    const falling = [0.7, 0.8, 0.75, 0.7, 0.65].map((accuracy) => ({ accuracy }));
    expect(resultGuards(noisy, facts, logOf(level, falling))).toEqual([
      { id: 'memorises', values: { points: 15 } },
    ]);
    expect(resultGuards(spec, facts, logOf(level, falling))).toEqual([]);
  });

  test('say in what share of the steps the gradient was clipped', () => {
    const clipping: RunSpec = { ...spec, optimiser: { ...spec.optimiser, clipNorm: 1 } };
    const log = logOf(level);
    expect(resultGuards(clipping, facts, log)).toEqual([]);
    const row = new Float32Array(metricStride);
    row[metricColumns.indexOf('clippedTotal')] = 500;
    const other = new Float32Array(metricStride);
    log.appendRows(Uint32Array.of(1_999), [other, other, row]);
    expect(resultGuards(clipping, facts, log)).toEqual([{ id: 'clipping', values: { share: 25 } }]);
    expect(resultGuards(spec, facts, log)).toEqual([]);
  });

  test('are none before the first evaluation', () => {
    expect(resultGuards(spec, facts, new RunLog())).toEqual([]);
  });
});

test.each([
  'narrow',
  'notConverged',
  'copies',
  'memorises',
  'beatsTeacher',
  'tooSharp',
  'tooSoft',
  'clipping',
  'oneLoss',
  'smoothing',
] satisfies Guard['id'][])('%s has a sentence', (id) => {
  expect(Object.keys(en)).toContain(`guard.${id}`);
});
