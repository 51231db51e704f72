/** The transport, live settings and runs, by commands. Quick commands in a row are in controllerHaste.test.ts. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { firstPreset } from '../spec/presets.ts';
import { errorOf, fakePage, noticesOf, recordingOf, settled } from './fakePage.ts';
import { presetSpec } from './state.ts';

/** A page whose live run stands at step 0. */
async function prepared(options: Parameters<typeof fakePage>[0] = {}) {
  const page = fakePage(options);
  await page.controller.prepareLive();
  return page;
}

/** The same, played for so many strides and paused. */
async function played(strides: number) {
  const page = await prepared();
  await page.controller.play();
  await settled();
  for (let i = 0; i < strides; i++) page.engine.beat();
  page.controller.pause();
  await settled();
  return page;
}

describe('the recording of a preset', () => {
  test('is shown finished, and no engine is opened for it', async () => {
    const page = fakePage();
    await page.controller.choosePreset(firstPreset);
    await settled();
    expect(page.run).toMatchObject({ origin: 'recording', presetId: firstPreset, state: 'finished' });
    expect(page.run.log.replicates).toHaveLength(5);
    expect(page.engines).toHaveLength(0);
  });

  test('plays, pauses and rewinds without leaving ghosts', async () => {
    const page = fakePage();
    await page.controller.choosePreset(firstPreset);
    await settled();
    page.controller.rewind();
    await settled();
    expect(page.run).toMatchObject({ step: 0, state: 'paused' });
    await page.controller.play();
    await settled();
    expect(page.run.state).toBe('playing');
    page.controller.pause();
    await settled();
    expect(page.run.state).toBe('paused');
    expect(page.store.getState().runs).toHaveLength(1);
    expect(noticesOf(page.store)).toEqual([]);
    expect(page.engines).toHaveLength(0);
  });

  test('that cannot be read becomes a notice, and a live run still starts', async () => {
    const page = fakePage({ openRecording: () => Promise.reject(new Error('damaged')) });
    await page.controller.choosePreset(firstPreset);
    expect(errorOf(page.store)).toBe('unexpected');
    expect(page.store.getState().currentId).toBeNull();
    await page.controller.runLive();
    await settled();
    expect(page.run).toMatchObject({ origin: 'live', state: 'playing' });
  });

  test('is awaited until it is there, cannot be read, or something else is shown', async () => {
    const given: ((found: null) => void)[] = [];
    const page = fakePage({ openRecording: () => new Promise((resolve) => given.push(resolve)) });
    const awaited = () => page.store.getState().awaited;
    expect(awaited()).toBe(false);
    void page.controller.choosePreset(firstPreset);
    expect(awaited()).toBe(true);
    given[0]?.(null);
    await settled();
    expect(awaited()).toBe(false);
    void page.controller.choosePreset(firstPreset);
    page.controller.offer(firstPreset, presetSpec(firstPreset), null);
    expect(awaited()).toBe(false);
  });

  test('is watched beside settings that a link brought, which wait as changes', async () => {
    const page = fakePage();
    await page.controller.choosePreset('two-moons-1');
    await settled();
    const recorded = page.run;
    const spec = presetSpec('two-moons-1');
    page.controller.offer('two-moons-1', { ...spec, data: { ...spec.data, labelled: 8 } }, null);
    const { draft } = page.store.getState();
    page.controller.show(recorded.id, draft);
    expect(page.run.id).toBe(recorded.id);
    expect(page.store.getState()).toMatchObject({ draft, view: { temperature: spec.objective.temperature } });
  });

  test('does not say what this browser runs on', async () => {
    const adapter = { name: 'Another machine', software: true, executor: 'gpu' } as const;
    const page = fakePage({
      async openRecording(presetId) {
        const { spec, start } = await recordingOf(presetId);
        return {
          spec,
          start(listener) {
            queueMicrotask(() => listener({ type: 'gate', adapter, missing: null }));
            return start(listener);
          },
        };
      },
    });
    await page.controller.choosePreset(firstPreset);
    await settled();
    expect(page.run.state).toBe('finished');
    expect(page.store.getState().gate).toBeNull();
    await page.controller.prepareLive();
    expect(page.store.getState().gate?.adapter.name).toBe('Imagined adapter');
  });
});

describe('the transport of a live run', () => {
  test('opens and loads once, plays, pauses and goes on', async () => {
    const page = await played(3);
    expect(page.run).toMatchObject({ origin: 'live', step: 150, state: 'paused' });
    await page.controller.play();
    await settled();
    expect(page.run.state).toBe('playing');
    expect(page.engine.types).toEqual(['open', 'load', 'play', 'pause', 'play']);
    expect(page.store.getState().activity).toBe('idle');
  });

  test('steps by as many as were asked for', async () => {
    const page = await prepared();
    page.controller.step();
    page.controller.step(9);
    await settled();
    expect(page.run).toMatchObject({ step: 10, state: 'paused' });
  });

  test('a finished run neither plays nor steps on', async () => {
    const page = await prepared({ engine: { start: 2_000 } });
    const before = page.engine.sent.length;
    expect(page.run.state).toBe('finished');
    await page.controller.play();
    page.controller.step();
    expect(page.engine.sent).toHaveLength(before);
  });

  test('a run that another took the engine from waits paused, and is loaded again to play', async () => {
    const page = await prepared();
    const first = page.run;
    await page.controller.play();
    await settled();
    await page.controller.runLive();
    await settled();
    const state = () => page.store.getState().runs.find(({ id }) => id === first.id)?.state;
    expect(state()).toBe('paused');
    page.controller.show(first.id);
    await page.controller.play();
    await settled();
    expect(page.run.id).toBe(first.id);
    expect(state()).toBe('playing');
    expect(page.engine.sent.findLast(({ type }) => type === 'load')).toMatchObject({ resume: true });
  });
});

describe('rewind', () => {
  test('keeps the old run with its curves as a ghost and starts a new one from the same settings', async () => {
    const page = await played(3);
    const old = page.run;
    page.controller.rewind();
    await settled();
    expect(page.run.id).not.toBe(old.id);
    expect(page.run).toMatchObject({ step: 0, state: 'paused', spec: old.spec, compared: false });
    expect(page.run.log.evaluations.map(({ step }) => step)).toEqual([0]);
    const ghost = page.store.getState().runs.find(({ id }) => id === old.id);
    expect(ghost).toMatchObject({ compared: true, step: 150, state: 'paused' });
    expect(ghost?.log.evaluations.at(-1)?.step).toBe(150);
    expect(noticesOf(page.store)).toContain('undo');
  });

  test('leaves what the engine still says of the old steps in the old log', async () => {
    const page = await played(2);
    const old = page.run;
    page.engine.hold();
    page.controller.rewind();
    page.engine.beat();
    expect(page.run).toMatchObject({ step: 0 });
    expect(page.run.log.isEmpty).toBe(true);
    expect(old.log.last?.step).toBe(150);
    page.engine.release();
    await settled();
    expect(page.run.log.last?.step).toBe(0);
    expect(old.log.last?.step).toBe(150);
  });

  test('puts live settings back, and forgets a value that was still on its way', async () => {
    const page = await played(1);
    page.controller.edit('objective.temperature', 3);
    page.controller.rewind();
    await settled();
    await page.controller.play();
    await settled();
    expect(page.store.getState().draft.objective.temperature).toBe(16);
    expect(page.engine.types).not.toContain('set');
    expect(page.run.log.events).toEqual([]);
  });

  test('brings back the live events that the run was started with, and no others', async () => {
    const page = fakePage();
    const given = { step: 40, path: 'objective.mix', value: 0.5 };
    page.controller.offer(firstPreset, { ...presetSpec(firstPreset), events: [given] }, null);
    await page.controller.prepareLive();
    page.controller.step(10);
    await settled();
    page.controller.edit('objective.temperature', 3);
    page.controller.step(10);
    await settled();
    expect(page.run.log.events).toEqual([{ step: 10, path: 'objective.temperature', value: 3 }]);
    page.controller.rewind();
    expect(page.run.log.events).toEqual([given]);
  });

  test('at step 0 makes no ghost, but forgets what was set by hand', async () => {
    const page = await prepared();
    page.controller.edit('objective.temperature', 3);
    page.controller.pause();
    await settled();
    expect(page.run.log.events).toHaveLength(1);
    page.controller.rewind();
    await settled();
    expect(page.store.getState().runs).toHaveLength(1);
    expect(page.run.log.events).toEqual([]);
    expect(page.run.log.last?.step).toBe(0);
    expect(page.store.getState().draft.objective.temperature).toBe(16);
  });

  test('undone, shows the old run again and drops the new one', async () => {
    const page = await played(3);
    const old = page.run;
    page.controller.rewind();
    await settled();
    const again = page.run.id;
    await page.controller.undo(old.id);
    expect(page.run).toMatchObject({ id: old.id, compared: false });
    expect(page.store.getState().runs.map(({ id }) => id)).not.toContain(again);
    expect(page.engine.sent.at(-1)).toMatchObject({ type: 'load', resume: true, spec: { events: [] } });
    expect(noticesOf(page.store)).not.toContain('undo');
  });

  test('is no longer undone once the new run is kept in the place of the old one', async () => {
    const page = await played(3);
    page.controller.rewind();
    await settled();
    expect(noticesOf(page.store)).toContain('undo');
    page.engine.tell({ type: 'checkpoint', step: 40 });
    expect(noticesOf(page.store)).not.toContain('undo');
    expect(page.store.getState().runs).toHaveLength(2);
  });

  test('undone after another run was begun drops only the rewound one', async () => {
    const page = await played(3);
    const old = page.run;
    page.controller.rewind();
    await settled();
    const again = page.run.id;
    await page.controller.runLive();
    await settled();
    const other = page.run.id;
    await page.controller.undo(old.id);
    const ids = page.store.getState().runs.map(({ id }) => id);
    expect(ids).toEqual([old.id, other]);
    expect(ids).not.toContain(again);
    expect(page.run.id).toBe(old.id);
  });
});

describe('live settings', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('become events of the run at the step at which they act', async () => {
    const page = await played(2);
    page.controller.edit('objective.temperature', 3);
    vi.runAllTimers();
    await settled();
    expect(page.run.log.events).toEqual([{ step: 100, path: 'objective.temperature', value: 3 }]);
    expect(page.store.getState().runs).toHaveLength(1);
  });

  test('are sent once while a slider is dragged, with the newest value', async () => {
    const page = await prepared();
    for (const value of [5, 4, 3]) page.controller.edit('objective.temperature', value);
    page.controller.edit('objective.mix', 0.5);
    vi.runAllTimers();
    expect(page.engine.sent.slice(2)).toEqual([
      { type: 'set', path: 'objective.temperature', value: 3 },
      { type: 'set', path: 'objective.mix', value: 0.5 },
    ]);
  });

  test('act before the steps that are asked for after them', async () => {
    const page = await prepared();
    page.controller.edit('objective.temperature', 3);
    page.controller.step(10);
    vi.runAllTimers();
    await settled();
    expect(page.engine.types).toEqual(['open', 'load', 'set', 'step']);
    expect(page.run.log.events).toMatchObject([{ step: 0 }]);
  });

  test('do not change the specification that the run was started with', async () => {
    const page = await prepared();
    page.controller.edit('objective.temperature', 3);
    vi.runAllTimers();
    await settled();
    expect(page.run.spec.objective.temperature).toBe(16);
    expect(page.store.getState().draft.objective.temperature).toBe(3);
  });

  test('a setting that needs a new run waits for it, and the engine hears nothing', async () => {
    const page = await prepared();
    page.controller.edit('training.steps', 500);
    vi.runAllTimers();
    expect(page.engine.types).toEqual(['open', 'load']);
    expect(page.run.spec.training.steps).toBe(2_000);
    await page.controller.apply();
    expect(page.run.spec.training.steps).toBe(500);
    expect(page.run.changes).toEqual([{ path: 'training.steps', from: 2_000, to: 500 }]);
    expect(page.store.getState().runs).toHaveLength(2);
  });

  test('beside a recording are only a draft', async () => {
    const page = fakePage();
    await page.controller.choosePreset(firstPreset);
    await settled();
    page.controller.edit('objective.temperature', 3);
    vi.runAllTimers();
    await settled();
    expect(page.run.log.events).toEqual([]);
    expect(errorOf(page.store)).toBeNull();
    page.controller.discard();
    expect(page.store.getState().draft.objective.temperature).toBe(16);
  });

  test('in force go into the controls when the run is shown again', async () => {
    const page = await prepared();
    page.controller.edit('objective.temperature', 3);
    vi.runAllTimers();
    await settled();
    const first = page.run.id;
    await page.controller.choosePreset('few-labels-1');
    page.controller.show(first);
    const { draft, presetId } = page.store.getState();
    expect(draft.objective.temperature).toBe(3);
    expect(presetId).toBe(firstPreset);
  });
});

describe('repeat with seeds', () => {
  test('collects one replicate for each seed and then is over', async () => {
    const page = await prepared();
    page.controller.repeat(5);
    expect(page.store.getState().repeat).toMatchObject({ index: 0, count: 5 });
    await settled();
    expect(page.run.log.replicates.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5]);
    expect(page.store.getState().repeat).toBeNull();
  });

  test('forgets the seeds of an earlier repetition', async () => {
    const page = await prepared();
    page.controller.repeat(5);
    await settled();
    page.controller.repeat(2);
    await settled();
    expect(page.run.log.replicates).toHaveLength(2);
  });

  test('leaves the page when it is paused, whatever the engine still says of it', async () => {
    const page = await prepared();
    page.engine.hold();
    page.controller.repeat(5);
    page.controller.pause();
    expect(page.store.getState().repeat).toBeNull();
    const run = page.run;
    page.engine.tell({
      ...{ type: 'replicate', index: 0, count: 5, seed: 1, step: 50, total: 2_000, finished: false },
      ...{ arms: [], steps: [50], curves: [[0], [0], [0]] },
    });
    expect(page.store.getState().repeat).toBeNull();
    expect(run.log.replicates).toHaveLength(1);
  });

  test('is not begun for a run that no live engine holds', async () => {
    const page = fakePage();
    await page.controller.choosePreset(firstPreset);
    await settled();
    page.controller.repeat(5);
    expect(page.store.getState().repeat).toBeNull();
    expect(page.run.log.replicates).toHaveLength(5);
  });
});
