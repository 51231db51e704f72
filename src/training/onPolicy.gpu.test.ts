// On-policy distillation: a student writes a share of its batch, and learns from what a teacher says of it.
import { afterAll, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { planeStride } from '../kernels/gatherBatch.ts';
import { ringWidth } from '../kernels/metricsRow.ts';
import { metricColumns } from '../protocol/events.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { storyPresets } from '../spec/storyPresets.ts';
import type { Executor, Storage } from '../tensor/executor.ts';
import { LiveWindow, liveWords } from '../tensor/live.ts';
import { fakePrepared } from './fakePrepared.ts';
import { Trainer } from './trainer.ts';
import type { LiveTeacher } from './turns.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const stories = storyPresets.find(({ id }) => id === 'stories-1')?.spec;
if (stories?.student.kind !== 'transformer' || stories.data.task !== 'stories') throw new Error('no preset');
const [positions, batch] = [16, 4];
const onPolicy = { share: 0.5, temperature: 1, prompt: 4 };
const spec = parseRunSpec({
  ...stories,
  data: { ...stories.data, length: positions, transfer: 24, validation: 2, test: 2 },
  teacher: { source: 'average', decay: 0.8, delivery: 'live', provider: 'auto' },
  student: { ...stories.student, layers: 1, width: 8, heads: 1, kvHeads: 1 },
  objective: { ...stories.objective, mix: 0.5, onPolicy },
  optimiser: { ...stories.optimiser, warmup: 0 },
  training: { steps: 8, batch, accumulate: 1, evaluateEvery: 8 },
  arms: [{ kind: 'distilled' }],
});
const { dataset, answers } = fakePrepared(datasetFromSpec(spec, spec.seed));
const later = { ...answers, logits: null };
const withTeacher = (own: RunSpec['objective']['onPolicy'], rest: Partial<RunSpec> = {}): RunSpec => {
  const { onPolicy: _, ...objective } = spec.objective;
  return { ...spec, objective: own === undefined ? objective : { ...objective, onPolicy: own }, ...rest };
};
const live: RunSpec['teacher'] = { source: 'builtin', id: 'any', delivery: 'live', provider: 'auto' };

/** Says of every token that the next is the one after it, and keeps what it was asked. */
function counting(executor: Executor): LiveTeacher & { readonly asked: (readonly number[])[] } {
  const classes = dataset.classNames.length;
  const asked: number[][] = [];
  return {
    asked,
    async answer(batches, _, read) {
      const written = await read?.();
      asked.push([...(written ?? [])]);
      const logits = new Float32Array(batch * positions * classes);
      written?.forEach((token, row) => {
        logits[row * classes + ((token + 1) % classes)] = 4;
      });
      executor.write(batches.teacher, logits);
    },
  };
}

async function losses(executor: Executor, own: RunSpec, steps = own.training.steps) {
  const trainer = await Trainer.create({ executor, spec: own, dataset, answers: later });
  for (let step = 0; step < steps; step++) await trainer.takeStep();
  const { arms, count } = await trainer.readMetrics();
  trainer.dispose();
  return arms.map((rows) => Array.from({ length: count }, (_, i) => rows[i * ringWidth] ?? 0));
}

/** Remembers its storages by label. */
class Watched extends ReferenceExecutor {
  readonly storages = new Map<string, Storage>();

  override allocate(...args: Parameters<ReferenceExecutor['allocate']>): Storage {
    const storage = super.allocate(...args);
    this.storages.set(storage.label, storage);
    return storage;
  }

  words(label: string): Promise<Uint32Array> {
    const storage = this.storages.get(label);
    if (storage === undefined) throw new Error(`no ${label}`);
    return this.readWords(storage);
  }
}

test('the GPU writes, answers and learns as the float64 reference does, and repeats to the bit', async () => {
  const before = gpu.live.buffers;
  const found = await losses(gpu, spec, 3);
  const [wanted = []] = await losses(new ReferenceExecutor('float64'), spec, 3);
  found[0]?.forEach((loss, step) => {
    expect(Math.abs(loss - (wanted[step] ?? Number.NaN))).toBeLessThan(1e-4 * (1 + loss));
  });
  expect(await losses(gpu, spec, 3)).toEqual(found);
  expect(gpu.live.buffers).toBe(before);
});

test('without a share it is the run that it would be without writing, and with one it is another', async () => {
  const given = await losses(new ReferenceExecutor('float32'), withTeacher(undefined), 4);
  expect(await losses(new ReferenceExecutor('float32'), withTeacher({ ...onPolicy, share: 0 }), 4)).toEqual(
    given,
  );
  expect(await losses(new ReferenceExecutor('float32'), spec, 4)).not.toEqual(given);
});

test('a live teacher reads the batch as it was written: prompts stay, and about the share of the texts goes on otherwise', async () => {
  const executor = new ReferenceExecutor('float32');
  const own = withTeacher(onPolicy, { teacher: live });
  const trainer = await Trainer.create({ executor, spec: own, dataset, answers: later });
  const teacher = counting(executor);
  trainer.liveTeacher = teacher;
  for (let step = 0; step < 8; step++) await trainer.takeStep();
  const texts = new Set<string>();
  const inputs = dataset.transfer.inputs;
  for (let i = 0; i < inputs.length; i += positions) texts.add([...inputs.slice(i, i + positions)].join(' '));
  const prompts = new Set([...texts].map((text) => text.split(' ').slice(0, 4).join(' ')));
  const rows = teacher.asked.flatMap((one) =>
    Array.from({ length: one.length / positions }, (_, b) => one.slice(b * positions, (b + 1) * positions)),
  );
  expect(rows.every((row) => prompts.has(row.slice(0, 4).join(' ')))).toBe(true);
  const written = rows.filter((row) => !texts.has(row.join(' '))).length;
  expect(written).toBeGreaterThan(0.25 * 8 * batch);
  expect(written).toBeLessThan(0.75 * 8 * batch);
  trainer.dispose();
});

test('written rows have no labels, what stands behind the end counts for nothing, and the mean is over those that count', async () => {
  const executor = new Watched('float32');
  const own = withTeacher({ ...onPolicy, share: 1, temperature: 2 });
  const trainer = await Trainer.create({ executor, spec: own, dataset, answers: later });
  const end = dataset.vocabulary?.end;
  let ended = 0;
  for (let step = 0; step < 6; step++) {
    await trainer.takeStep();
    const [marks, input] = [await executor.words('marks'), await executor.words('input')];
    const flags = marks.subarray(planeStride(batch, positions));
    const window = new LiveWindow((await executor.words('live')).slice(0, liveWords));
    const valid = flags.filter((flag) => flag === 1).length;
    expect(flags.every((flag) => flag < 2)).toBe(true);
    expect(window.get('inverseValid')).toBeCloseTo(1 / valid, 6);
    expect(window.get('inverseLabelled')).toBe(0);
    flags.forEach((flag, row) => {
      const [start, p] = [row - (row % positions), row % positions];
      const at = input.subarray(start + 4, start + p + 1).indexOf(end ?? -1);
      if (at >= 0 && p >= 4) {
        ended += 1;
        expect(flag).toBe(0);
      }
    });
  }
  expect(ended).toBeGreaterThan(0);
  trainer.dispose();
});

test('a student that writes by itself comes to write what its teacher says, beside one that is given texts', async () => {
  const executor = new ReferenceExecutor('float32');
  const { onPolicy: own, ...given } = { ...spec.objective, mix: 1 };
  const two = parseRunSpec({
    ...spec,
    teacher: live,
    objective: given,
    optimiser: { ...spec.optimiser, learningRate: 0.05 },
    training: { ...spec.training, steps: 16 },
    arms: [
      { kind: 'labels' },
      { kind: 'distilled', name: 'on-policy', objective: { ...given, onPolicy: { ...onPolicy, share: 1 } } },
    ],
  });
  expect(own).toEqual(onPolicy);
  const trainer = await Trainer.create({ executor, spec: two, dataset, answers: later });
  const teacher = counting(executor);
  trainer.liveTeacher = teacher;
  for (let step = 0; step < 16; step++) await trainer.takeStep();
  const { arms, count } = await trainer.readMetrics();
  const loss = (arm: number, step: number) => arms[arm]?.[step * ringWidth] ?? Number.NaN;
  expect(loss(1, count - 1)).toBeLessThan(0.85 * loss(1, 0));
  // The arm that reads given texts is fed its own batch, and learns from that without a question to the teacher.
  expect(loss(0, count - 1)).toBeLessThan(loss(0, 0));
  expect(teacher.asked.filter((one) => one.length > 0)).toHaveLength(16);
  expect(teacher.asked).toHaveLength(16);
  const agreement = (arm: number) => arms[arm]?.[metricColumns.indexOf('trainAgreement')];
  expect(agreement(0)).toBeNaN();
  expect(agreement(1)).toBeGreaterThanOrEqual(0);
  trainer.dispose();
});

test('recorded answers, other tasks, a prompt as long as a text and several batches an update are refused at their control', () => {
  const refused = (changes: object, control: string) =>
    expect(() => parseRunSpec({ ...spec, ...changes })).toThrow(
      expect.objectContaining({ code: 'spec-on-policy', detail: expect.objectContaining({ control }) }),
    );
  refused({ teacher: { ...live, delivery: 'pack' } }, 'teacher.delivery');
  refused({ training: { ...spec.training, accumulate: 2 } }, 'training.accumulate');
  const prompt = { ...spec.objective, onPolicy: { ...onPolicy, prompt: positions } };
  refused({ objective: prompt }, 'objective.onPolicy.prompt');
  const planes = {
    task: 'planes',
    shape: 'moons',
    noise: 0.1,
    everywhere: false,
    transfer: 9,
    labelled: 'all',
  };
  const rows = { validation: 9, test: 9, leaveOut: [], labelNoise: 0, dataSeed: 1 };
  refused({ data: { ...planes, ...rows } }, 'objective.onPolicy');
});

test('a live teacher that is gone is said to be missing, though its answers over the given texts are there', async () => {
  const executor = new ReferenceExecutor('float32');
  const own = withTeacher(onPolicy, { teacher: live });
  const trainer = await Trainer.create({ executor, spec: own, dataset, answers });
  await expect(trainer.takeStep()).rejects.toMatchObject({ detail: { code: 'teacher-unanswered' } });
  trainer.dispose();
});
