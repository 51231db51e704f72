// A session over lost devices: no run is lost, little is repeated, the teacher is not asked again, and the end is the
// same to the last bit.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RunSpec } from '../spec/runSpec.ts';
import { RunStores } from './checkpoints/runStores.ts';
import { MemoryFiles } from './checkpoints/store.ts';
import { type FakeHost, fakeHost, Listening, MortalExecutor, patientClock, smallSpec } from './fakeHost.ts';
import { Trainer } from './trainer.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Executors that die at these operations, in turn; those after the last live on. */
function mortals(lives: readonly number[]): { host: FakeHost; executors: MortalExecutor[] } {
  const executors: MortalExecutor[] = [];
  const host = fakeHost((before) => {
    const executor = new MortalExecutor(lives[before]);
    executors.push(executor);
    return executor;
  });
  return { host, executors };
}

async function undisturbed(spec: RunSpec): Promise<{ weights: Uint8Array[]; operations: number }> {
  const { host, executors } = mortals([]);
  const page = new Listening(host);
  await page.load(spec);
  await page.playToEnd();
  const weights = [await page.weights(0), await page.weights(1)];
  await page.close();
  return { weights, operations: executors[0]?.operations ?? 0 };
}

describe('a device that is lost', () => {
  test('at any operation costs no run, no more than 25 steps, and the teacher is not asked again', async () => {
    const spec = smallSpec();
    const { weights, operations } = await undisturbed(spec);
    const steps = vi.spyOn(Trainer.prototype, 'takeStep');
    expect(operations).toBeGreaterThan(200);
    for (let last = 1; last <= operations; last += 7) {
      steps.mockClear();
      const { host, executors } = mortals([last]);
      const page = new Listening(host);
      await page.load(spec);
      await page.playToEnd();
      const found = [await page.weights(0), await page.weights(1)];
      expect({ last, errors: page.of('error'), found }).toEqual({ last, errors: [], found: weights });
      const died = (executors[0]?.operations ?? 0) >= last;
      expect(host.counts).toEqual({ executors: died ? 2 : 1, teachers: 1, live: 0 });
      expect(page.of('ready')).toHaveLength(1);
      expect(steps.mock.calls.length - spec.training.steps).toBeLessThanOrEqual(25);
      await page.close();
    }
  }, 120_000);

  test('ten times in one run is as if it had never been', async () => {
    const spec = smallSpec();
    const { weights } = await undisturbed(spec);
    const { host } = mortals(Array.from({ length: 10 }, (_, i) => 40 + 3 * i));
    const page = new Listening(host, patientClock());
    await page.load(spec);
    await page.playToEnd();
    expect([await page.weights(0), await page.weights(1)]).toEqual(weights);
    expect(host.counts).toEqual({ executors: 11, teachers: 1, live: 0 });
    await page.close();
  });

  test('leaves the log of the run whole: every step once, every evaluation once', async () => {
    // A clock that stands still: no metrics are read on the way but the first.
    vi.useFakeTimers({ toFake: ['performance'] });
    const { host } = mortals([150]);
    const page = new Listening(host);
    await page.load(smallSpec());
    await page.playToEnd();
    expect(page.of('recovered')).toHaveLength(1);
    page.session.handle({ type: 'export', id: 1, what: 'metrics', arm: 0 });
    await page.session.idle();
    const reply = page.of('reply')[0]?.reply;
    const lines = new TextDecoder()
      .decode(reply?.kind === 'exported' ? reply.bytes : undefined)
      .trim()
      .split('\n');
    const steps = lines.slice(1).map((line) => line.split(',')[0]);
    expect(new Set(steps)).toEqual(new Set(Array.from({ length: 61 }, (_, step) => String(step))));
    const evaluated = page.of('evaluation').map((event) => event.step);
    expect(evaluated.filter((step, i) => evaluated.indexOf(step) === i)).toEqual([0, 15, 30, 45, 60]);
    await page.close();
  });

  test('does not take along what was set by hand since the last snapshot', async () => {
    const spec = smallSpec();
    const { host, executors } = mortals([]);
    const page = new Listening(host);
    await page.load(spec);
    page.session.handle({ type: 'step', count: 33 });
    page.session.handle({ type: 'set', path: 'objective.temperature', value: 2 });
    await page.session.idle();
    // Before the next snapshot: the one of the pause does not know of it.
    executors[0]?.lose(5);
    await page.playToEnd();
    const found = [await page.weights(0), await page.weights(1)];
    const events = [{ step: 33, path: 'objective.temperature', value: 2 }];
    expect(page.of('recovered')).toMatchObject([{ step: 33 }]);
    expect(page.of('setting').at(-1)?.event).toEqual(events[0]);
    expect(found).toEqual((await undisturbed({ ...spec, events })).weights);
    await page.close();
  });

  test('gives a live teacher back', async () => {
    const live = { ...smallSpec().teacher, delivery: 'live' as const };
    const { host } = mortals([150]);
    const page = new Listening(host);
    await page.load(smallSpec({ teacher: live }));
    await page.playToEnd();
    expect(host.counts).toEqual({ executors: 2, teachers: 1, live: 2 });
    expect(page.of('teacher').at(-1)?.teacher.delivery).toBe('live');
    // Each time it is said to be on its way before it is there, though nothing is downloaded.
    expect(page.of('progress').filter(({ stage }) => stage === 'teacher')).toHaveLength(2);
    // The last that is heard before a run is ready is what is waited for.
    const ready = page.events.findIndex(({ type }) => type === 'ready');
    expect(page.events[ready - 1]).toMatchObject({ type: 'progress', stage: 'judge' });
    expect(page.of('error')).toEqual([]);
    await page.close();
  });

  test('after a rewind does not bring back what was rewound', async () => {
    const { host, executors } = mortals([]);
    const page = new Listening(host);
    await page.load(smallSpec());
    page.session.handle({ type: 'step', count: 40 });
    page.session.handle({ type: 'rewind' });
    await page.session.idle();
    const recovered = page.next((event) => event.type === 'recovered');
    executors[0]?.lose();
    await recovered;
    expect(page.of('recovered').map((event) => event.step)).toEqual([0]);
    await page.close();
  });

  test('while the run stands still brings back the very step, and does not play', async () => {
    const { host, executors } = mortals([]);
    const page = new Listening(host);
    await page.load(smallSpec());
    page.session.handle({ type: 'step', count: 33 });
    await page.session.idle();
    const before = await page.weights(1);
    const recovered = page.next((event) => event.type === 'recovered');
    executors[0]?.lose();
    await recovered;
    await page.session.idle();
    expect(page.of('state').at(-1)).toMatchObject({ step: 33, state: 'paused' });
    expect(await page.weights(1)).toEqual(before);
    await page.close();
  });

  test('in the middle of some steps stops where they were to stop', async () => {
    const { host } = mortals([120]);
    const page = new Listening(host);
    await page.load(smallSpec());
    const there = page.next(
      (event) => event.type === 'state' && event.state === 'paused' && event.step === 47,
    );
    page.session.handle({ type: 'step', count: 47 });
    await there;
    await page.session.idle();
    expect(page.of('recovered')).toHaveLength(1);
    expect(page.of('state').at(-1)).toMatchObject({ step: 47, state: 'paused' });
    await page.close();
  });

  test('while it is being paused stays paused', async () => {
    const { host, executors } = mortals([]);
    const page = new Listening(host);
    await page.load(smallSpec({ training: { ...smallSpec().training, steps: 10_000 } }));
    const recovered = page.next((event) => event.type === 'recovered');
    const there = page.next((event) => event.type === 'state' && event.step >= 5);
    page.session.handle({ type: 'play' });
    await there;
    executors[0]?.lose();
    page.session.handle({ type: 'pause' });
    await recovered;
    await page.session.idle();
    expect(page.of('state').at(-1)?.state).toBe('paused');
    await page.close();
  });
});

describe('a device that is lost again and again within three minutes', () => {
  const lives = [120, 60, 40, 40];

  test('is first replaced, then spared, then replaced by the reference; then the run stops and is kept', async () => {
    const chosen: string[] = [];
    const executors: MortalExecutor[] = [];
    const host = fakeHost((before, choice) => {
      chosen.push(choice);
      const executor = new MortalExecutor(lives[before]);
      executors.push(executor);
      return executor;
    });
    const page = new Listening(host, () => 0);
    await page.load(smallSpec());
    await page.playToEnd();
    expect(chosen).toEqual(['auto', 'auto', 'auto', 'reference']);
    expect(executors.map((executor) => Number.isFinite(executor.dispatchesPerSubmit))).toEqual([
      false,
      false,
      true,
      false,
    ]);
    const [error] = page.of('error');
    const [kept] = await host.runs.list();
    expect(error?.detail).toMatchObject({ code: 'device-lost-often' });
    expect(error?.detail.remedy).toContain(`step ${kept?.head.step}`);
    expect(kept?.head.step).toBeGreaterThan(0);
  });

  test('is tried again when the user plays after those minutes, from where it was', async () => {
    let now = 0;
    const { host } = mortals(lives);
    const page = new Listening(host, () => now);
    const spec = smallSpec();
    await page.load(spec);
    await page.playToEnd();
    now = 200_000;
    await page.playToEnd();
    expect(page.of('error')).toHaveLength(1);
    expect([await page.weights(0), await page.weights(1)]).toEqual((await undisturbed(spec)).weights);
    await page.close();
  });
});

describe('a session', () => {
  test('that ends keeps its last step, and another goes on from it to the same end', async () => {
    const spec = smallSpec();
    const { host } = mortals([]);
    const first = new Listening(host);
    await first.load(spec);
    first.session.handle({ type: 'step', count: 37 });
    await first.close();
    const second = new Listening(host);
    await second.load(spec, true);
    expect(second.of('ready')[0]?.step).toBe(37);
    await second.playToEnd();
    const found = [await second.weights(0), await second.weights(1)];
    expect(found).toEqual((await undisturbed(spec)).weights);
  });

  test('repeats a run whose teacher answers live with that teacher, opened for each seed', async () => {
    const { host } = mortals([]);
    const page = new Listening(host);
    const spec = smallSpec();
    await page.load({ ...spec, teacher: { ...spec.teacher, delivery: 'live' } as RunSpec['teacher'] });
    expect(host.counts.live).toBe(1);
    page.session.handle({ type: 'repeat', count: 2 });
    await page.session.idle();
    expect(page.of('replicate').filter(({ finished }) => finished)).toHaveLength(2);
    expect(host.counts.live).toBe(3);
    await page.close();
  });

  test('goes on where nothing can be written, and says so once', async () => {
    const { host } = mortals([]);
    const save = () => Promise.reject(new Error('disk full'));
    const runs = Object.assign(new RunStores(new MemoryFiles()), {
      of: () => ({ load: () => Promise.resolve(null), save }),
    });
    const page = new Listening({ ...host, runs });
    await page.load(smallSpec());
    page.session.handle({ type: 'step', count: 10 });
    page.session.handle({ type: 'step', count: 50 });
    await page.session.idle();
    expect(page.of('state').at(-1)?.state).toBe('finished');
    expect(page.of('error').map((event) => event.detail.code)).toEqual(['checkpoint-unwritten']);
  });

  test('leaves no buffer behind, however often a run is started and stopped', async () => {
    const { host, executors } = mortals([]);
    const page = new Listening(host);
    for (let i = 0; i < 5; i++) {
      await page.load(smallSpec({ seed: i }));
      page.session.handle({ type: 'step', count: 3 });
      await page.session.idle();
    }
    const [executor] = executors;
    expect(executor?.live.buffers).toBeGreaterThan(0);
    // An empty run cannot be loaded, but the one before it is put down first.
    page.session.handle({ type: 'load', spec: smallSpec(), files: [], resume: false });
    await page.session.idle();
    expect(executor?.live).toEqual({ buffers: 0, bytes: 0 });
    await page.close();
  });
});
