/** Two quick commands in a row, and engines that fail or stop: the page stays consistent and goes on. */
import { describe, expect, test } from 'vitest';
import { firstPreset } from '../spec/presets.ts';
import { errorOf, type FakePage, factsOf, fakePage, noticesOf, recordingOf, settled } from './fakePage.ts';
import { askInspection } from './questions.ts';
import { presetSpec } from './state.ts';

/** A page whose engines hold everything back until they are released. */
function slow(): FakePage {
  return fakePage({ holds: true });
}

async function prepared(): Promise<FakePage> {
  const page = fakePage();
  await page.controller.prepareLive();
  return page;
}

describe('two quick commands', () => {
  test('play, play: one engine, one run, and it plays', async () => {
    const page = slow();
    const both = [page.controller.play(), page.controller.play()];
    expect(page.store.getState().activity).toBe('opening');
    page.engine.release();
    await Promise.all(both);
    await settled();
    expect(page.engines).toHaveLength(1);
    expect(page.store.getState().runs).toHaveLength(1);
    expect(page.engine.types.filter((type) => type === 'load')).toHaveLength(1);
    expect(page.run.state).toBe('playing');
  });

  test('run live, run live while the engine opens: one engine, one run', async () => {
    const page = slow();
    const both = [page.controller.runLive(), page.controller.runLive()];
    expect(page.engines).toHaveLength(1);
    page.engine.release();
    await Promise.all(both);
    await settled();
    expect(page.store.getState().runs).toHaveLength(1);
    expect(page.run.state).toBe('playing');
  });

  test('run live, run live on an open engine: one new run', async () => {
    const page = await prepared();
    await Promise.all([page.controller.runLive(), page.controller.runLive()]);
    await settled();
    expect(page.store.getState().runs).toHaveLength(2);
    expect(page.store.getState().activity).toBe('idle');
  });

  test('play, then pause before the run is ready: it is ready and waits', async () => {
    const page = await prepared();
    page.engine.hold();
    const playing = page.controller.runLive();
    await settled();
    expect(page.store.getState().activity).toBe('preparing');
    page.controller.pause();
    page.engine.release();
    await playing;
    await settled();
    expect(page.run).toMatchObject({ state: 'paused', step: 0 });
    expect(page.run.facts).not.toBeNull();
    expect(page.engine.types).not.toContain('play');
  });

  test('play, then pause while the engine opens: the run is made and waits', async () => {
    const page = slow();
    const playing = page.controller.play();
    page.controller.pause();
    page.engine.release();
    await playing;
    await settled();
    expect(page.run.state).toBe('paused');
    expect(page.engine.types).toEqual(['open', 'load']);
  });

  test('prepare, then play before it is ready: it plays as soon as it is', async () => {
    const page = slow();
    const preparing = page.controller.prepareLive();
    await page.controller.play();
    page.engine.release();
    await preparing;
    await settled();
    expect(page.run.state).toBe('playing');
    expect(page.engine.types).toEqual(['open', 'load', 'play']);
  });

  test('rewind and step while a run is prepared do nothing', async () => {
    const page = await prepared();
    page.engine.hold();
    const preparing = page.controller.prepareLive();
    await settled();
    const before = page.store.getState().runs.length;
    page.controller.rewind();
    page.controller.step();
    page.engine.release();
    await preparing;
    await settled();
    expect(page.store.getState().runs).toHaveLength(before);
    expect(page.run).toMatchObject({ step: 0, state: 'paused' });
    expect(noticesOf(page.store)).toEqual([]);
  });

  test('rewind, rewind: one ghost, and the new run is at step 0', async () => {
    const page = await prepared();
    page.controller.step(20);
    await settled();
    page.controller.rewind();
    page.controller.rewind();
    await settled();
    expect(page.store.getState().runs.map(({ step }) => step)).toEqual([20, 0]);
    expect(page.run.step).toBe(0);
  });

  test('run live, then another preset while the engine opens: the preset is shown and nothing trains', async () => {
    const page = slow();
    const running = page.controller.runLive();
    await page.controller.choosePreset('few-labels-1');
    page.engine.release();
    await running;
    await settled();
    expect(page.run).toMatchObject({ origin: 'recording', presetId: 'few-labels-1' });
    expect(page.engine.types).toEqual(['open']);
    expect(page.store.getState()).toMatchObject({ activity: 'idle', presetId: 'few-labels-1' });
  });

  test('run live, then another preset while the run is prepared: it never plays unseen', async () => {
    const page = await prepared();
    page.engine.hold();
    const running = page.controller.runLive();
    await settled();
    const hidden = page.run.id;
    await page.controller.choosePreset('few-labels-1');
    page.engine.release();
    await running;
    await settled();
    const run = page.store.getState().runs.find(({ id }) => id === hidden);
    expect(run?.state).toBe('paused');
    expect(page.engine.types).not.toContain('play');
    expect(page.store.getState().activity).toBe('idle');
  });

  test('two presets: the last one is shown, however the recordings arrive', async () => {
    const arrive = new Map<string, () => void>();
    const page = fakePage({
      async openRecording(presetId) {
        await new Promise<void>((resolve) => arrive.set(presetId, resolve));
        return recordingOf(presetId);
      },
    });
    const both = [page.controller.choosePreset(firstPreset), page.controller.choosePreset('two-moons-1')];
    arrive.get('two-moons-1')?.();
    await settled();
    arrive.get(firstPreset)?.();
    await Promise.all(both);
    await settled();
    expect(page.run.presetId).toBe('two-moons-1');
    expect(page.store.getState().runs).toHaveLength(1);
  });

  test('a recording that comes late does not take the page from a live run', async () => {
    let arrive: () => void = () => undefined;
    const page = fakePage({
      async openRecording(presetId) {
        await new Promise<void>((resolve) => {
          arrive = resolve;
        });
        return recordingOf(presetId);
      },
    });
    const choosing = page.controller.choosePreset(firstPreset);
    await page.controller.runLive();
    const { id } = page.run;
    arrive();
    await choosing;
    await settled();
    expect(page.run).toMatchObject({ id, origin: 'live', state: 'playing' });
  });

  test('two loads: what was loaded first never lands in the second run', async () => {
    const page = await prepared();
    page.engine.hold();
    const first = page.controller.runLive();
    await settled();
    page.controller.edit('training.steps', 500);
    const second = page.controller.runLive();
    await first;
    expect(page.store.getState().activity).toBe('preparing');
    const { facts } = await factsOf(presetSpec('two-moons-1'));
    page.engine.tell({ type: 'ready', facts, step: 0 });
    expect(page.run.facts).toBeNull();
    expect(page.store.getState().activity).toBe('preparing');
    page.engine.release();
    await second;
    await settled();
    expect(page.run.facts?.spec.training.steps).toBe(500);
    expect(page.run.log.last?.step).toBe(0);
    const [, given] = page.store.getState().runs;
    expect(given).toMatchObject({ facts: null, state: 'paused' });
    expect(given?.log.isEmpty).toBe(true);
  });

  test('a run that takes the engine from a playing one hears nothing of its last steps', async () => {
    const page = await prepared();
    const old = page.run;
    await page.controller.play();
    await settled();
    page.engine.hold();
    const running = page.controller.prepareLive();
    await settled();
    page.engine.beat();
    expect(page.run.id).not.toBe(old.id);
    expect(page.run).toMatchObject({ state: 'paused', step: 0 });
    expect(page.run.log.isEmpty).toBe(true);
    page.engine.release();
    await running;
  });

  test('a run that is deleted while it is prepared does not keep the page waiting', async () => {
    const page = await prepared();
    const first = page.run.id;
    page.engine.hold();
    const preparing = page.controller.prepareLive();
    await settled();
    const dropped = page.run.id;
    page.controller.show(first);
    page.controller.delete(dropped);
    page.engine.release();
    await preparing;
    await settled();
    expect(page.store.getState().activity).toBe('idle');
    expect(page.store.getState().runs.map(({ id }) => id)).toEqual([first]);
  });
});

describe("a run of the user's own files", () => {
  test('is prepared, its models are timed, and it plays', async () => {
    const page = fakePage();
    const stages = new Set<string>();
    page.store.subscribe(({ activity, progress }) => stages.add(`${activity} ${progress?.stage}`));
    await page.controller.runFiles(presetSpec(firstPreset), []);
    await settled();
    expect(page.engine.types).toEqual(['open', 'load', 'speed', 'play']);
    expect(page.run.state).toBe('playing');
    expect(stages).toContain('preparing speed');
    expect(page.store.getState()).toMatchObject({ activity: 'idle', progress: null });
  });

  test('that cannot be loaded says why, and nothing else is asked of it', async () => {
    const page = await prepared();
    page.engine.hold();
    const running = page.controller.runFiles(presetSpec(firstPreset), []);
    await settled();
    page.engine.fail('idx-magic');
    await running;
    expect(errorOf(page.store)).toBe('idx-magic');
    expect(page.engine.types.slice(2)).toEqual(['load']);
  });

  test('does not start another run that is shown by then', async () => {
    const page = await prepared();
    page.engine.hold();
    const running = page.controller.runFiles(presetSpec(firstPreset), []);
    await settled();
    await page.controller.choosePreset('two-moons-1');
    page.engine.release();
    await running;
    await settled();
    expect(page.run).toMatchObject({ origin: 'recording', state: 'finished' });
    expect(page.engine.types).not.toContain('speed');
  });
});

describe('an engine that fails', () => {
  test('to start becomes a notice, and the next click tries another', async () => {
    const page = slow();
    const running = page.controller.runLive();
    page.engine.fail('no-adapter', 'There is no adapter');
    await running;
    expect(errorOf(page.store)).toBe('no-adapter');
    expect(page.engine.closed).toBe(true);
    expect(page.store.getState()).toMatchObject({ activity: 'idle', runs: [] });
    const again = page.controller.runLive();
    page.engine.release();
    await again;
    await settled();
    expect(page.engines).toHaveLength(2);
    expect(page.run.state).toBe('playing');
  });

  test('to load a run becomes a notice; the run waits, and another can be made', async () => {
    const page = await prepared();
    page.engine.hold();
    const running = page.controller.runLive();
    await settled();
    page.engine.fail('out-of-memory');
    await running;
    expect(errorOf(page.store)).toBe('out-of-memory');
    expect(page.store.getState().activity).toBe('idle');
    expect(page.run).toMatchObject({ facts: null, state: 'paused' });
    expect(page.engine.types).not.toContain('play');
    expect(page.store.getState().announcement?.kind).toBe('error');
    // Play tries again with the settings as they are by then, and what was wrong is no longer on the page.
    page.controller.edit('training.batch', 16);
    page.engine.release();
    await page.controller.play();
    await settled();
    expect(page.run).toMatchObject({ state: 'playing', spec: { training: { batch: 16 } } });
    expect(errorOf(page.store)).toBeNull();
  });

  test('in mid-run pauses it and ends a repetition', async () => {
    const page = await prepared();
    await page.controller.play();
    await settled();
    page.controller.repeat(5);
    page.engine.fail('teacher-nan');
    expect(page.run.state).toBe('paused');
    expect(page.store.getState().repeat).toBeNull();
    expect(errorOf(page.store)).toBe('teacher-nan');
  });

  test('by stopping is replaced at the next play, which goes on from the checkpoint', async () => {
    const page = await prepared();
    page.controller.edit('objective.temperature', 3);
    page.controller.step(100);
    await settled();
    const { id } = page.run;
    page.engine.fail('engine-stopped', 'The engine stopped');
    expect(page.run).toMatchObject({ id, state: 'paused', step: 100 });
    await page.controller.play();
    await settled();
    expect(page.engines).toHaveLength(2);
    expect(page.run).toMatchObject({ id, state: 'playing' });
    // The checkpoint knows the live events; it is found by the specification as it was started.
    expect(page.engine.sent[1]).toMatchObject({ type: 'load', resume: true, spec: { events: [] } });
  });

  test('by stopping answers whoever still asked it something', async () => {
    const page = await prepared();
    page.engine.hold();
    const exported = page.controller.exportRun('onnx', 0);
    const inspected = page.controller.inquire((live) => askInspection(live, []));
    await settled();
    page.engine.fail('engine-stopped', 'The engine stopped');
    expect(await exported).toBeNull();
    expect(await inspected).toMatchObject({ code: 'engine-stopped' });
  });

  test('a refused question is a notice, not an end', async () => {
    const page = await prepared();
    expect(await page.controller.exportRun('onnx', 0)).toBeNull();
    expect(errorOf(page.store)).toBe('fake');
    await page.controller.play();
    await settled();
    expect(page.run.state).toBe('playing');
  });

  test('looking into files opens an engine and leaves the page idle', async () => {
    const page = fakePage();
    expect(await page.controller.inquire((live) => askInspection(live, []))).toMatchObject({ code: 'fake' });
    expect(page.store.getState().activity).toBe('idle');
    expect(page.engine.types).toEqual(['open', 'inspect']);
  });

  test('an answer about a drawn input is dropped where another run is shown by then', async () => {
    const page = await prepared();
    page.engine.hold();
    const asked = page.controller.classify(new Float32Array(256));
    await page.controller.choosePreset(firstPreset);
    page.engine.release();
    await asked;
    expect(page.store.getState().view.drawn).toBeNull();
  });
});
