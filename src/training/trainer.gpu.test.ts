// The trainer on both executors: it learns, the GPU follows the reference, and the same seed gives the same bits.
import { afterAll, expect, test, vi } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { buildDataset } from '../data/dataset.ts';
import { planeTask } from '../data/planes.ts';
import type { Dataset } from '../data/task.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { ringWidth } from '../kernels/metricsRow.ts';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Executor } from '../tensor/executor.ts';
import { Pacer } from './pacer.ts';
import { Trainer } from './trainer.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const moons = presets.get('two-moons-1');
if (moons === undefined) throw new Error('no preset');
const spec: RunSpec = { ...moons.spec, training: { steps: 60, batch: 64, accumulate: 1, evaluateEvery: 20 } };
const task = planeTask('moons', 0.2);
const dataset = buildDataset(task, {
  dataSeed: 1,
  seed: 1,
  transfer: 500,
  validation: 100,
  test: 300,
  labelled: 40,
});
const answers = { logits: teacherLogits(dataset), hidden: [] };

/** A soft teacher without a model: it knows the shape. */
function teacherLogits({ transfer }: Dataset): Float32Array<ArrayBuffer> {
  const logits = new Float32Array(2 * transfer.n);
  transfer.trueLabels.forEach((label, row) => {
    logits[2 * row + label] = 3;
  });
  return logits;
}

interface Curves {
  /** Total loss of each arm at each step. */
  readonly losses: readonly Float32Array[];
  readonly weights: readonly Float32Array[];
}

async function run(executor: Executor, own: RunSpec, steps = own.training.steps): Promise<Curves> {
  const trainer = await Trainer.create({ executor, spec: own, dataset, answers });
  for (let step = 0; step < steps; step++) await trainer.takeStep();
  await executor.settled();
  const curves = await curvesOf(trainer);
  trainer.dispose();
  return curves;
}

async function curvesOf(trainer: Trainer): Promise<Curves> {
  const { arms, count } = await trainer.readMetrics();
  const losses = arms.map((rows) => Float32Array.from({ length: count }, (_, i) => rows[i * ringWidth] ?? 0));
  const weights = await Promise.all(
    trainer.arms.map(async (arm) => Float32Array.from((await arm.parameters()).flatMap((one) => [...one]))),
  );
  return { losses, weights };
}

test('every arm learns: its loss falls by half within 60 steps', async () => {
  const { losses } = await run(gpu, spec);
  for (const loss of losses) {
    const mean = (part: Float32Array) => part.reduce((sum, x) => sum + x, 0) / part.length;
    expect(mean(loss.subarray(-10))).toBeLessThan(0.5 * (loss[0] ?? 0));
  }
});

test('the GPU follows the float64 reference to 1e-4 over 20 steps', async () => {
  const found = await run(gpu, spec, 20);
  const wanted = await run(new ReferenceExecutor('float64'), spec, 20);
  found.losses.forEach((loss, arm) => {
    loss.forEach((value, step) => {
      expect(Math.abs(value - (wanted.losses[arm]?.[step] ?? Number.NaN))).toBeLessThan(
        1e-4 * (1 + Math.abs(value)),
      );
    });
  });
});

test('the same seed gives the same bits, curve and weights', async () => {
  expect(await run(gpu, spec)).toEqual(await run(gpu, spec));
});

test('another seed gives another curve', async () => {
  const [one, other] = [await run(gpu, spec, 3), await run(gpu, { ...spec, seed: 2 }, 3)];
  expect(one.losses).not.toEqual(other.losses);
});

test('four accumulated batches of 16 do what one batch of 64 does', async () => {
  const split: RunSpec = { ...spec, training: { ...spec.training, batch: 16, accumulate: 4 } };
  const [whole, parts] = [await run(gpu, spec, 10), await run(gpu, split, 10)];
  whole.losses.forEach((loss, arm) => {
    loss.forEach((value, step) => {
      expect(Math.abs(value - (parts.losses[arm]?.[step] ?? Number.NaN))).toBeLessThan(1e-4 * (1 + value));
    });
  });
});

test('a rewound run repeats itself', async () => {
  const trainer = await Trainer.create({ executor: gpu, spec, dataset, answers });
  const steps = async () => {
    for (let step = 0; step < 10; step++) await trainer.takeStep();
    return (await trainer.readMetrics()).arms;
  };
  const first = await steps();
  trainer.rewind();
  expect(await steps()).toEqual(first);
  trainer.dispose();
});

test('a run that is restored goes on exactly as if it had not stopped', async () => {
  const trainer = await Trainer.create({ executor: gpu, spec, dataset, answers });
  for (let step = 0; step < 8; step++) await trainer.takeStep();
  const kept = await trainer.save();
  for (let step = 0; step < 8; step++) await trainer.takeStep();
  const wanted = await trainer.save();
  trainer.restore(kept);
  expect(trainer.step).toBe(8);
  for (let step = 0; step < 8; step++) await trainer.takeStep();
  expect(await trainer.save()).toEqual(wanted);
  trainer.dispose();
});

test('a live temperature acts on the next step, is recorded, and a replay of the record gives the same bits', async () => {
  const trainer = await Trainer.create({ executor: gpu, spec, dataset, answers });
  for (let step = 0; step < 5; step++) await trainer.takeStep();
  trainer.set('objective.temperature', 2);
  for (let step = 0; step < 5; step++) await trainer.takeStep();
  const lived = (await trainer.readMetrics()).arms;
  const events = trainer.events;
  trainer.dispose();
  expect(events).toEqual([{ step: 5, path: 'objective.temperature', value: 2 }]);
  const replay = await Trainer.create({
    executor: gpu,
    spec: { ...spec, events: [...events] },
    dataset,
    answers,
  });
  for (let step = 0; step < 10; step++) await replay.takeStep();
  expect((await replay.readMetrics()).arms).toEqual(lived);
  replay.dispose();
});

test.each([1, 2])(
  'steps that share a submit give the bits of steps alone; %i batches a step',
  async (accumulate) => {
    const events = [{ step: 17, path: 'objective.temperature', value: 2 }];
    const own = { ...spec, events, training: { ...spec.training, batch: 16, accumulate } };
    const alone = await run(gpu, own);
    const trainer = await Trainer.create({ executor: gpu, spec: own, dataset, answers });
    // A clock that stands: every step is a short one.
    const pacer = new Pacer(trainer, gpu, undefined, () => 0);
    const submits = vi.spyOn(gpu.device.queue, 'submit');
    while (!trainer.finished) await pacer.step();
    await pacer.landed();
    expect(submits.mock.calls.length).toBeLessThan(own.training.steps / 4);
    submits.mockRestore();
    expect(await curvesOf(trainer)).toEqual(alone);
    trainer.dispose();
  },
);

test('after a run is disposed of, no buffer is left', async () => {
  const before = gpu.live.buffers;
  await run(gpu, spec, 2);
  expect(gpu.live.buffers).toBe(before);
});
