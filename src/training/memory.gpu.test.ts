// What a run takes of the GPU's memory it gives back: after races and trainers, however they end, and where the k-th
// buffer is refused, for every k. Buffers are counted at the device, beneath the executor.
import { afterAll, afterEach, expect, test } from 'vitest';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { FakeMemory } from '../gpu/fakeMemory.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { StillroomError } from '../spec/errors.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { fakePrepared } from './fakePrepared.ts';
import { Race } from './race.ts';
import { Trainer } from './trainer.ts';

const gpu = await openNodeExecutor();
const memory = new FakeMemory(gpu.device);
// Commands over a refused buffer are refused in their turn, which is no news for the console.
gpu.device.addEventListener('uncapturederror', (event) => event.preventDefault());
// Every reading, so that a test can wait for those that the failure of another one left behind.
const readings = new Set<Promise<unknown>>();
const read = gpu.read.bind(gpu);
gpu.read = (...args) => {
  const reading = read(...args);
  readings.add(reading);
  return reading;
};
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const width = 6;
const spec = specOf();
const prepared = fakePrepared(datasetFromSpec(spec, 1), { hidden: [width], probed: 5 });
const parts = { executor: gpu, spec, dataset: prepared.dataset, answers: prepared.answers };
/** Fewer rows than there are, so that a race watches two parts of them. */
const watchedRows = 40;

/** Three arms of different Programs, one with a projection, gradients of their own, and batches in two parts. */
function specOf(): RunSpec {
  const base = presets.get('two-moons-1')?.spec;
  if (base === undefined) throw new Error('no preset');
  const pairs = [{ student: 0, teacher: 'any' }];
  const hidden = { loss: 'hidden_mse', weight: 1, pairs, maps: 'pool' } as const;
  return parseRunSpec({
    ...base,
    data: { ...base.data, transfer: 128, labelled: 20, validation: 32, test: 64 },
    objective: { ...base.objective, hidden },
    training: { steps: 6, batch: 16, accumulate: 2, evaluateEvery: 3 },
    arms: [{ kind: 'labels' }, { kind: 'hard' }, { kind: 'distilled' }],
  });
}

/** Everything that a run of the page asks of a race. */
async function runRace(): Promise<void> {
  const race = await Race.create(gpu, spec, prepared, undefined, watchedRows);
  try {
    for (let step = 0; step < 3; step++) await race.trainer.takeStep();
    await gpu.settled();
    await race.trainer.readMetrics();
    await race.evaluations();
    await race.pictures();
    await race.classify(prepared.dataset.test.inputs.slice(0, 2));
    race.trainer.restore(await race.trainer.save());
    await race.trainer.firstBroken(2, 1);
    await race.evaluations(true);
  } finally {
    race.dispose();
  }
}

async function runTrainer(): Promise<void> {
  const trainer = await Trainer.create(parts);
  try {
    await trainer.takeStep();
    await trainer.readMetrics();
    const evaluator = trainer.evaluator(prepared.dataset.test.inputs);
    try {
      const passes = trainer.bindEvaluator(evaluator, 1);
      await gpu.allocated();
      await evaluator.logits(passes);
    } finally {
      evaluator.dispose();
    }
  } finally {
    trainer.dispose();
  }
}

/** Buffers that one go creates. */
async function createdBy(work: () => Promise<void>): Promise<number> {
  const before = memory.created;
  await work();
  return memory.created - before;
}

const left = () => [...memory.live.values()];

afterEach(() => {
  memory.allow();
  expect(memory.escaped).toBe(0);
});

test.each([
  ['races', runRace],
  ['trainers', runTrainer],
])('after many %s, one behind the other, not one buffer is left at the device', async (_, work) => {
  const created = await createdBy(work);
  expect(created).toBeGreaterThan(30);
  for (let cycle = 0; cycle < 8; cycle++) {
    expect(await createdBy(work)).toBe(created);
    expect(left()).toEqual([]);
    expect(gpu.live).toEqual({ buffers: 0, bytes: 0 });
  }
});

test('while another race goes on, a race that ends frees its own buffers and no others', async () => {
  const first = await Race.create(gpu, spec, prepared, undefined, watchedRows);
  await first.trainer.takeStep();
  await first.evaluations();
  const counts: number[] = [];
  for (let cycle = 0; cycle < 3; cycle++) {
    await runRace();
    counts.push(memory.live.size);
  }
  // The first keeps what readings were copied through; after that nothing grows.
  expect(new Set(counts.slice(1)).size).toBe(1);
  await first.trainer.takeStep();
  expect((await first.trainer.readMetrics()).count).toBe(2);
  await gpu.settled();
  first.dispose();
  expect(left()).toEqual([]);
});

test('evaluators that come and go within a run leave nothing behind', async () => {
  const trainer = await Trainer.create(parts);
  const ask = async () => {
    const evaluator = trainer.evaluator(prepared.dataset.test.inputs);
    const logits = await evaluator.logits(trainer.bindEvaluator(evaluator, 0));
    evaluator.dispose();
    return logits;
  };
  const wanted = await ask();
  const before = memory.live.size;
  for (let i = 0; i < 5; i++) expect(await ask()).toEqual(wanted);
  expect(memory.live.size).toBe(before);
  trainer.dispose();
});

test('a race that is disposed of while its readings are under way leaves nothing', async () => {
  const race = await Race.create(gpu, spec, prepared, undefined, watchedRows);
  await race.trainer.takeStep();
  const asked = [race.trainer.readMetrics(), race.evaluations(), race.pictures()];
  race.dispose();
  await Promise.allSettled([...asked, ...readings]);
  await gpu.settled();
  expect(left()).toEqual([]);
});

test('a run whose last rows are larger than the adapter binds leaves none of the others', async () => {
  const far: RunSpec = { ...spec, arms: [{ kind: 'labels' }] };
  const answers = { ...prepared.answers, hidden: [{ size: 2 ** 30, values: new Float32Array() }] };
  const before = memory.created;
  const refused = Trainer.create({ ...parts, spec: far, answers });
  await expect(refused).rejects.toThrow('transfer.teacher.hidden.0 is larger than this adapter binds');
  expect(memory.created - before).toBeGreaterThan(5);
  expect(left()).toEqual([]);
});

test.each([
  ['by its error scope, as browsers do', 'later', runRace],
  ['by its error scope, as browsers do', 'later', runTrainer],
  ['at once', 'at once', runRace],
  ['at once', 'at once', runTrainer],
] as const)(
  'where any one buffer is refused %s, there is an error that says so, nothing is left, and the next run is well',
  async (_, how, work) => {
    const count = await createdBy(work);
    for (let k = 1; k <= count; k++) {
      memory.refuse(k, how);
      const error = await work().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      memory.allow();
      if (!(error instanceof StillroomError))
        throw new Error(`buffer ${k} of ${count}: ${String(error)}`, { cause: error });
      expect([k, error.code]).toEqual([k, 'out-of-memory']);
      expect(error.message).toMatch(
        /^There is not enough memory for \S.*: got \d+ MiB asked for\. Choose a smaller batch/,
      );
      await Promise.allSettled(readings);
      readings.clear();
      // No fault is kept against the runs that follow.
      await gpu.settled();
      expect([k, left(), gpu.live.buffers]).toEqual([k, [], 0]);
    }
    await work();
    await gpu.settled();
  },
);
