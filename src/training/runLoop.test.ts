// Runs that diverge: back to where all was well, at half the rate, in a way that a link repeats; and no further than
// three times.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { decodeLink, encodeLink } from '../sharing/link.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { fakeHost, Listening, MortalExecutor, smallSpec } from './fakeHost.ts';
import { snapshotEvery } from './runLoop.ts';

afterEach(() => {
  vi.useRealTimers();
});

const still = { schedule: 'constant', weightDecay: 10 } as const;

/** Weights are multiplied by 1 − 10 × rate in each step: they grow beyond float32 where the rate is above 0.2. */
function growing(learningRate: number, change: Partial<RunSpec> = {}): RunSpec {
  const spec = smallSpec(change);
  return {
    ...spec,
    training: { ...spec.training, steps: 200, evaluateEvery: 100 },
    optimiser: { ...spec.optimiser, ...still, learningRate },
  };
}

async function loaded(spec: RunSpec): Promise<Listening> {
  const page = new Listening(fakeHost(() => new ReferenceExecutor('float32')));
  await page.load(spec);
  return page;
}

async function weightsOf(page: Listening): Promise<readonly Uint8Array[]> {
  return [await page.weights(0), await page.weights(1)];
}

/** The events that the page has, as its log keeps them. */
function eventsOf(page: Listening): RunSpec['events'] {
  let events: RunSpec['events'] = [];
  for (const heard of page.events) {
    if (heard.type === 'rolled-back') events = events.filter(({ step }) => step <= heard.step);
    if (heard.type !== 'setting') continue;
    const { event } = heard;
    const before = events.filter(
      ({ step, path }) => step < event.step || (step === event.step && path !== event.path),
    );
    events = [...before, event];
  }
  return events;
}

describe('a run that diverges', () => {
  test('goes back to a snapshot, halves its rate until that helps, and runs to its end', async () => {
    const page = await loaded(growing(0.5));
    await page.playToEnd();
    const told = page.of('rolled-back');
    expect(page.of('error')).toEqual([]);
    expect(told.map(({ rate }) => rate)).toEqual([0.25, 0.125].slice(0, told.length));
    expect(told.length).toBeGreaterThan(0);
    for (const { step, from, arm, tensor } of told) {
      expect(step % snapshotEvery).toBe(0);
      expect(from - step).toBeGreaterThanOrEqual(0);
      expect(from - step).toBeLessThan(snapshotEvery);
      expect(['labels', 'distilled']).toContain(arm);
      expect(tensor).not.toBe('');
    }
    expect(page.of('state').at(-1)).toMatchObject({ state: 'finished', step: 200 });
    expect(page.of('metrics').at(-1)?.values[0]?.every(Number.isFinite)).toBe(true);
  });

  test('is repeated to the last bit by a link with its events, without going back', async () => {
    const spec = growing(0.5);
    const page = await loaded(spec);
    await page.playToEnd();
    const events = eventsOf(page);
    expect(new Set(events.map(({ step }) => step))).toEqual(
      new Set(page.of('rolled-back').map(({ step }) => step)),
    );
    expect(events).toHaveLength(new Set(events.map(({ step }) => step)).size);
    const { fragment } = encodeLink({ presetId: 'two-moons-1', spec: { ...spec, events }, ghost: null });
    const again = await loaded(decodeLink(fragment).spec);
    await again.playToEnd();
    expect(again.of('rolled-back')).toEqual([]);
    expect(await weightsOf(again)).toEqual(await weightsOf(page));
  });

  test('the same way whenever it is paused on its way', async () => {
    const spec = growing(0.5);
    const [whole, parts] = [await loaded(spec), await loaded(spec)];
    await whole.playToEnd();
    for (let i = 0; i < 40; i++) parts.session.handle({ type: 'step', count: 7 });
    await parts.session.idle();
    await parts.playToEnd();
    expect(eventsOf(parts).map(({ value }) => value)).toEqual(eventsOf(whole).map(({ value }) => value));
    expect(parts.of('error')).toEqual([]);
  });

  test('three times in vain stops with the arm, the tensor and the step, and stands where it was well', async () => {
    const page = await loaded(growing(10));
    await page.playToEnd();
    const told = page.of('rolled-back');
    expect(told.map(({ rate }) => rate)).toEqual([5, 2.5, 1.25, 1.25]);
    const [error] = page.of('error');
    const last = told.at(-1);
    expect(page.of('error')).toHaveLength(1);
    expect(error?.detail).toMatchObject({ code: 'training-diverged', control: 'optimiser.learningRate' });
    expect(error?.detail.problem).toContain(`arm ${last?.arm} at step ${last?.from}, where ${last?.tensor}`);
    expect(page.of('state').at(-1)).toMatchObject({ state: 'paused', step: last?.step });
    expect(
      page
        .of('pictures')
        .at(-1)
        ?.logits.flat()
        .every((one) => one.every(Number.isFinite)),
    ).toBe(true);
  });

  test('and has stopped goes on when the user has lowered the rate', async () => {
    const page = await loaded(growing(10));
    await page.playToEnd();
    page.session.handle({ type: 'set', path: 'optimiser.learningRate', value: 0.01 });
    await page.playToEnd();
    expect(page.of('error')).toHaveLength(1);
    expect(page.of('state').at(-1)).toMatchObject({ state: 'finished', step: 200 });
  });

  test('with a rate of one arm changes that arm alone', async () => {
    const arms: RunSpec['arms'] = [{ kind: 'labels' }, { kind: 'distilled', learningRate: 0.3 }];
    const spec = growing(0.01, { arms });
    const page = await loaded(spec);
    await page.playToEnd();
    expect(page.of('error')).toEqual([]);
    expect(page.of('rolled-back').map(({ arm, rate }) => [arm, rate])).toEqual([['distilled', 0.15]]);
    expect(eventsOf(page)).toMatchObject([{ path: 'arms.1.learningRate', value: 0.15 }]);
    const calm = await loaded(growing(0.01));
    await calm.playToEnd();
    expect(await page.weights(0)).toEqual(await calm.weights(0));
  });

  test('by a hand on the slider loses that hand, and keeps what else it did', async () => {
    const page = await loaded(growing(0.001));
    page.session.handle({ type: 'step', count: 40 });
    page.session.handle({ type: 'set', path: 'objective.temperature', value: 3 });
    page.session.handle({ type: 'set', path: 'optimiser.learningRate', value: 10 });
    await page.session.idle();
    await page.playToEnd();
    const events = eventsOf(page);
    expect(page.of('rolled-back')[0]).toMatchObject({ step: 40, rate: 5 });
    expect(events).toContainEqual({ step: 40, path: 'objective.temperature', value: 3 });
    expect(events.filter(({ path, value }) => path === 'optimiser.learningRate' && value === 10)).toEqual([]);
  });
});

describe('a number that breaks by itself', () => {
  /** Runs to the end with a NaN written after step 30; `lost`: the device goes when the run has gone back. */
  async function broken(spec: RunSpec, lost: boolean): Promise<Listening> {
    // A clock that stands still: metrics are read at the end, when snapshots of the broken run were taken.
    vi.useFakeTimers({ toFake: ['performance'] });
    const executors: MortalExecutor[] = [];
    const open = () => {
      const executor = new MortalExecutor();
      executors.push(executor);
      return executor;
    };
    const page = new Listening(fakeHost(open));
    await page.load(spec);
    const there = page.next((event) => event.type === 'evaluation' && event.step === 30);
    const back = page.next((event) => event.type === 'rolled-back');
    const ended = page.playToEnd();
    await there;
    // The last arm's, since each takes the place of the one before it.
    const storage = executors[0]?.storages.get('parameters.0');
    if (storage !== undefined) executors[0]?.write(storage, Float32Array.of(Number.NaN));
    await back;
    if (lost) executors[0]?.lose();
    await ended;
    return page;
  }

  test.each([false, true])(
    'is named, and the run goes on without it as a link repeats; device lost: %s',
    async (lost) => {
      const spec = smallSpec();
      const page = await broken(spec, lost);
      expect(page.of('error')).toEqual([]);
      expect(page.of('recovered')).toHaveLength(lost ? 1 : 0);
      expect(page.of('rolled-back')).toMatchObject([
        { step: 20, arm: 'distilled', tensor: 'the parameter linear0.weight' },
      ]);
      const again = await loaded({ ...spec, events: eventsOf(page) });
      await again.playToEnd();
      expect(await weightsOf(page)).toEqual(await weightsOf(again));
    },
  );
});

describe('a run that nobody watches', () => {
  test('stops with the arm and the tensor, for it cannot go back', async () => {
    const page = await loaded(growing(0.01));
    page.session.handle({ type: 'set', path: 'optimiser.learningRate', value: 10 });
    page.session.handle({ type: 'repeat', count: 3 });
    await page.session.idle();
    const [error] = page.of('error');
    expect(error?.detail.code).toBe('training-diverged');
    expect(error?.detail.got).toBe('a learning rate of 10');
    expect(page.of('replicate').some(({ finished }) => finished)).toBe(false);
  });
});
