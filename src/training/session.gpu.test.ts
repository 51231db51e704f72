// A real device that is destroyed in the middle of a run: on the same adapter the run ends with the same bits.
import { afterAll, expect, test } from 'vitest';
import type { GpuExecutor } from '../gpu/gpuExecutor.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { fakeHost, Listening, smallSpec } from './fakeHost.ts';

afterAll(() => releaseNodeGpu());

const small = smallSpec();
const spec: RunSpec = {
  ...small,
  data: { ...small.data, transfer: 500, labelled: 40, validation: 100, test: 300 },
  student: { kind: 'mlp', hidden: [8, 8], activation: 'tanh', norm: 'layer', dropout: 0.1 },
  training: { steps: 80, batch: 32, accumulate: 2, evaluateEvery: 20 },
};

interface Ended {
  readonly page: Listening;
  readonly teachers: number;
  readonly weights: readonly Uint8Array[];
  /** Milliseconds from each loss to the next step's news. */
  readonly pauses: readonly number[];
}

/** Runs to the end; the device is destroyed whenever one of `steps` is told. */
async function run(own: RunSpec, steps: readonly number[], now?: () => number): Promise<Ended> {
  const executors: GpuExecutor[] = [];
  const host = fakeHost(async () => {
    const executor = await openNodeExecutor();
    executors.push(executor);
    return executor;
  });
  const page = new Listening(host, now);
  await page.load(own);
  const ended = page.playToEnd();
  const pauses: number[] = [];
  for (const step of steps) {
    await page.next((event) => event.type === 'evaluation' && event.step >= step);
    const recovered = page.next((event) => event.type === 'recovered');
    const lost = performance.now();
    executors.at(-1)?.device.destroy();
    await recovered;
    pauses.push(performance.now() - lost);
  }
  await ended;
  const weights = [await page.weights(0), await page.weights(1)];
  expect(page.of('error')).toEqual([]);
  expect(executors).toHaveLength(1 + steps.length);
  await page.close();
  expect(executors.map((executor) => executor.live.buffers)).toEqual(executors.map(() => 0));
  return { page, teachers: host.counts.teachers, weights, pauses };
}

const calm = run(spec, []);

test('a device destroyed once in a run changes no bit of its students, and costs at most 25 steps and 2 seconds', async () => {
  const lost = await run(spec, [40]);
  expect(lost.weights).toEqual((await calm).weights);
  expect(lost.teachers).toBe(1);
  const [recovered] = lost.page.of('recovered');
  expect(recovered?.adapter.executor).toBe('gpu');
  expect(recovered?.step).toBeGreaterThanOrEqual(20);
  // Where a CPU plays the GPU, most of this is compiling the kernels again.
  const most = recovered?.adapter.software === true ? 20_000 : 2_000;
  for (const pause of lost.pauses) expect(pause).toBeLessThan(most);
});

test('nor twice, where the second loss soon after makes the pace smaller', async () => {
  const lost = await run(spec, [20, 40], () => 0);
  expect(lost.weights).toEqual((await calm).weights);
  expect(lost.page.of('recovered')).toHaveLength(2);
});

test('nor with a live teacher, and a rate of its own for an arm that changed meanwhile', async () => {
  const live: RunSpec = {
    ...spec,
    training: { ...spec.training, accumulate: 1 },
    teacher: { ...spec.teacher, delivery: 'live' },
    arms: [{ kind: 'smoothed' }, { kind: 'distilled', learningRate: 0.003 }],
    events: [{ step: 38, path: 'arms.1.learningRate', value: 0.006 }],
  };
  const lost = await run(live, [40]);
  expect(lost.weights).toEqual((await run(live, [])).weights);
  expect(lost.page.of('teacher').at(-1)?.teacher.delivery).toBe('live');
});
