// A race of language students over Stories, on the reference in float32: what is trained, counted and judged.
import { describe, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import { fakePrepared } from './fakePrepared.ts';
import { prepareRun, type TeacherHost } from './prepare.ts';
import { Race } from './race.ts';

const preset = storyPresets.find(({ id }) => id === 'stories-1')?.spec;
if (preset?.student.kind !== 'transformer' || preset.data.task !== 'stories')
  throw new Error('no preset of stories');

const spec: RunSpec = {
  ...preset,
  data: { ...preset.data, transfer: 24, validation: 3, test: 9 },
  student: { ...preset.student, layers: 1, width: 8, heads: 1, kvHeads: 1 },
  optimiser: { ...preset.optimiser, warmup: 0, learningRate: 0.04 },
  training: { steps: 12, batch: 4, accumulate: 1, evaluateEvery: 12 },
  arms: [{ kind: 'labels' }, { kind: 'distilled' }],
};
const data = datasetFromSpec(spec, spec.seed);
const tokens = (valid: Uint8Array) => valid.reduce((sum, one) => sum + one, 0);

/** A host without files and without models. */
const bareHost: TeacherHost = {
  asset: () => Promise.reject(new RangeError('no file is asked for')),
  openRows: () => Promise.reject(new RangeError('no model is asked for')),
  identify: () => Promise.reject(new RangeError('no model is asked for')),
};

function expectNear(loss: number | undefined, wanted: number): void {
  expect(Math.abs((loss ?? Number.NaN) - wanted)).toBeLessThan(1);
}

describe('a race of language students', () => {
  test('begins near the surprise of equal tokens, judged on each token of the held-out texts, with their floor', async () => {
    const race = await Race.create(new ReferenceExecutor('float32'), spec, fakePrepared(data));
    const [labels] = await race.evaluations(true);
    const { valid, entropy } = data.dataset.test;
    expect(labels?.n).toBe(tokens(valid));
    // First logits have a deviation of about 2, so that the first loss is some 2 nats above that of equal ones.
    expectNear(labels?.language?.loss, Math.log(data.dataset.classNames.length) + 2);
    const floor = (entropy ?? new Float32Array()).reduce((sum, nats) => sum + nats, 0) / tokens(valid);
    expect(labels?.language?.floor).toBeCloseTo(floor, 6);
    expect(floor).toBeGreaterThan(0.6);
    race.dispose();
  });

  test('learns from labels and from a teacher alike, and its training loss is a mean over tokens', async () => {
    const race = await Race.create(new ReferenceExecutor('float32'), spec, fakePrepared(data));
    while (!race.trainer.finished) await race.trainer.takeStep();
    const { arms, count } = await race.metrics();
    const first = arms.map((one) => one[0] ?? 0);
    const last = arms.map((one) => one[(count - 1) * (one.length / count)] ?? 0);
    expectNear(first[0], Math.log(data.dataset.classNames.length) + 2);
    last.forEach((loss, arm) => {
      expect(loss).toBeLessThan(0.9 * (first[arm] ?? 0));
    });
    for (const { language } of await race.evaluations()) expect(language?.loss).toBeLessThan(3.75);
    race.dispose();
  });

  test('without a teacher trains on labels, and measures itself against equal probabilities', async () => {
    const alone = parseRunSpec({
      ...spec,
      teacher: { source: 'none', delivery: 'pack', provider: 'auto' },
      arms: [{ kind: 'labels' }],
    });
    const prepared = await prepareRun(alone, data, bareHost, [], () => undefined);
    const race = await Race.create(new ReferenceExecutor('float32'), alone, prepared);
    await race.trainer.takeStep();
    const [labels] = await race.evaluations(true);
    expect(labels?.language?.teacherLoss).toBeCloseTo(Math.log(data.dataset.classNames.length), 6);
    race.dispose();
  });

  test('is refused where arms want a teacher and there is none, nor any answers of a live one', async () => {
    const none = { ...spec, teacher: { source: 'none', delivery: 'pack', provider: 'auto' } };
    expect(() => parseRunSpec(none)).toThrow(expect.objectContaining({ code: 'spec-teacher' }));
    const prepared = { ...fakePrepared(data), answers: { logits: null, hidden: [] } };
    const race = await Race.create(new ReferenceExecutor('float32'), spec, prepared);
    await expect(race.trainer.takeStep()).rejects.toMatchObject({ detail: { code: 'teacher-unanswered' } });
    race.dispose();
  });
});
