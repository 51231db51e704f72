// Self-distillation: an averaged copy of each taught student answers its batch, on both executors.
import { afterAll, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { ringWidth } from '../kernels/metricsRow.ts';
import { exportsOf } from '../protocol/commands.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import type { Executor } from '../tensor/executor.ts';
import { exportRun } from './exports.ts';
import { prepareRun, type TeacherHost } from './prepare.ts';
import { Race } from './race.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

/** A host without files and without models. */
const bareHost: TeacherHost = {
  asset: () => Promise.reject(new RangeError('no file is asked for')),
  openRows: () => Promise.reject(new RangeError('no model is asked for')),
  identify: () => Promise.reject(new RangeError('no model is asked for')),
};

const moons = presets.get('two-moons-1')?.spec;
const stories = storyPresets.find(({ id }) => id === 'stories-1')?.spec;
if (moons === undefined || stories?.student.kind !== 'transformer') throw new Error('no preset');
const average = { source: 'average', decay: 0.8, delivery: 'live', provider: 'auto' } as const;
const arms: RunSpec['arms'] = [{ kind: 'labels' }, { kind: 'distilled' }];
const plane = parseRunSpec({
  ...moons,
  data: { ...moons.data, transfer: 200, labelled: 40, validation: 20, test: 60 },
  teacher: average,
  objective: { ...moons.objective, temperature: 2, mix: 0.5 },
  training: { steps: 12, batch: 32, accumulate: 1, evaluateEvery: 12 },
  arms,
});
const text = parseRunSpec({
  ...stories,
  data: { ...stories.data, transfer: 24, validation: 3, test: 6 },
  teacher: average,
  student: { ...stories.student, layers: 1, width: 8, heads: 1, kvHeads: 1 },
  objective: { ...stories.objective, mix: 0.5 },
  training: { steps: 6, batch: 4, accumulate: 2, evaluateEvery: 6 },
  arms,
});

async function raceOf(executor: Executor, spec: RunSpec): Promise<Race> {
  const prepared = await prepareRun(spec, datasetFromSpec(spec, spec.seed), bareHost, [], () => undefined);
  return Race.create(executor, spec, prepared);
}

async function taught(executor: Executor, spec: RunSpec, steps = spec.training.steps) {
  const race = await raceOf(executor, spec);
  const { trainer } = race;
  for (let step = 0; step < steps; step++) await trainer.takeStep();
  const { arms: rows, count } = await trainer.readMetrics();
  const losses = rows.map((one) => Float32Array.from({ length: count }, (_, i) => one[i * ringWidth] ?? 0));
  const own = trainer.arms[1];
  const [weights, averages] = [await own?.parameters(), await own?.parameters('average')];
  const evaluations = await race.evaluations(true);
  race.dispose();
  return { losses, weights, averages, evaluations };
}

test('a classifier and its averaged copy follow the float64 reference, and repeat to the bit', async () => {
  const found = await taught(gpu, plane);
  const wanted = await taught(new ReferenceExecutor('float64'), plane);
  found.losses.forEach((losses, arm) => {
    losses.forEach((loss, step) => {
      expect(Math.abs(loss - (wanted.losses[arm]?.[step] ?? Number.NaN))).toBeLessThan(1e-4 * (1 + loss));
    });
  });
  found.averages?.forEach((tensor, i) => {
    tensor.forEach((value, at) => {
      expect(value).toBeCloseTo(wanted.averages?.[i]?.[at] ?? Number.NaN, 3);
    });
  });
  expect(await taught(gpu, plane)).toEqual(found);
});

test('the copy is the mean of all weights so far, each with the decay to the power of its age', async () => {
  const race = await raceOf(gpu, plane);
  const [, own] = race.trainer.arms;
  const flat = async (buffer: 'parameters' | 'average') => [...((await own?.parameters(buffer))?.[0] ?? [])];
  let wanted = await flat('parameters');
  for (let step = 0; step < 4; step++) {
    await race.trainer.takeStep();
    const now = await flat('parameters');
    wanted = wanted.map((old, i) => 0.8 * old + 0.2 * (now[i] ?? 0));
  }
  (await flat('average')).forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
  });
  race.dispose();
});

test('with a decay of 0 the copy is the student: it agrees with itself and nothing is learnt from it', async () => {
  const same = { ...plane, teacher: { ...average, decay: 0 }, objective: { ...plane.objective, mix: 1 } };
  const { losses, evaluations, weights, averages } = await taught(gpu, same, 5);
  expect(evaluations[1]?.agreement).toBe(1);
  expect(evaluations[1]?.divergence).toBeCloseTo(0, 6);
  expect(evaluations[1]?.average?.accuracy).toBe(evaluations[1]?.accuracy);
  expect(evaluations[1]?.average?.recall).toEqual(evaluations[1]?.recall);
  expect(Math.max(...(losses[1] ?? []))).toBeLessThan(1e-6);
  averages?.forEach((tensor, i) => {
    tensor.forEach((value, at) => {
      expect(value).toBeCloseTo(weights?.[i]?.[at] ?? Number.NaN, 6);
    });
  });
});

test('a copy that lags is another teacher: divergence is measured against it and it beside its student, by text and by sample alike', async () => {
  for (const spec of [plane, text]) {
    const { evaluations } = await taught(new ReferenceExecutor('float32'), spec, 2);
    expect(evaluations[1]?.divergence).toBeGreaterThan(0);
    expect(evaluations[1]?.divergence).toBeLessThan(0.5);
    expect(evaluations[0]?.divergence).toBeGreaterThan(evaluations[1]?.divergence ?? Number.NaN);
    const [labels, own] = evaluations;
    expect(labels?.average).toBeUndefined();
    expect(own?.average?.accuracy).toBeCloseTo(1 - (own?.teacherErrs ?? 0) / (own?.n ?? 1), 10);
    expect(own?.average?.loss ?? null).toBe(own?.language?.teacherLoss ?? null);
    expect(own?.average?.loss).not.toBe(own?.language?.loss);
  }
});

test('the decay is live, and a restored run goes on with its copy to the bit', async () => {
  const { trainer } = await raceOf(gpu, plane);
  for (let step = 0; step < 3; step++) await trainer.takeStep();
  trainer.set('teacher.decay', 0.5);
  const kept = await trainer.save();
  for (let step = 0; step < 3; step++) await trainer.takeStep();
  const wanted = await trainer.save();
  trainer.restore(kept);
  for (let step = 0; step < 3; step++) await trainer.takeStep();
  expect(await trainer.save()).toEqual(wanted);
  trainer.dispose();
});

test('the copy leaves as a file of its own, which is not the student’s, and an arm that keeps none says so', async () => {
  const race = await raceOf(new ReferenceExecutor('float32'), plane);
  for (let step = 0; step < 3; step++) await race.trainer.takeStep();
  const log = { arms: [], steps: [], values: [], evaluations: [] };
  const source = { race, prepared: race.prepared, log, versions: {}, command: null };
  expect(exportsOf(plane)).toContain('onnx_average');
  const [student, copy] = [await exportRun(source, 'onnx', 1), await exportRun(source, 'onnx_average', 1)];
  expect(copy.name).toBe('student-average.onnx');
  expect(copy.bytes.length).toBe(student.bytes.length);
  expect(copy.bytes).not.toEqual(student.bytes);
  await expect(exportRun(source, 'onnx_average', 0)).rejects.toMatchObject({
    detail: { code: 'export-no-average' },
  });
  race.dispose();
});

test('hidden states of a copy are refused, and so is a decay without a copy', () => {
  const hidden = { loss: 'hidden_mse', weight: 1, pairs: [{ student: 0, teacher: 'any' }], maps: 'pool' };
  expect(() => parseRunSpec({ ...plane, objective: { ...plane.objective, hidden } })).toThrow(
    expect.objectContaining({
      code: 'spec-average',
      detail: expect.objectContaining({ control: 'objective.hidden' }),
    }),
  );
});
