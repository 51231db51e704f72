/** Orders in which answers, commands and failures cross: what comes late never acts on what is shown by then. */
import { describe, expect, test, vi } from 'vitest';
import { firstPreset } from '../spec/presets.ts';
import { errorOf, type FakePage, factsOf, fakePage, noticesOf, recordingOf, settled } from './fakePage.ts';
import { askInspection } from './questions.ts';
import type { Remembered } from './remembered.ts';
import { presetSpec } from './state.ts';
import { linkOf } from './visit.ts';

/** A page whose recordings of these presets come when they are let. */
function lateRecordings(...late: readonly string[]): { page: FakePage; arrive(presetId: string): void } {
  const arrive = new Map<string, () => void>();
  const page = fakePage({
    async openRecording(presetId) {
      if (late.includes(presetId)) await new Promise<void>((resolve) => arrive.set(presetId, resolve));
      return recordingOf(presetId);
    },
  });
  return { page, arrive: (presetId) => arrive.get(presetId)?.() };
}

async function prepared(options: Parameters<typeof fakePage>[0] = {}): Promise<FakePage> {
  const page = fakePage(options);
  await page.controller.prepareLive();
  return page;
}

const left: Remembered = {
  ...{ presetId: 'two-moons-1', name: 'left', step: 60, events: [], curve: [] },
  spec: presetSpec('two-moons-1'),
};

describe('while the recording of a chosen preset is on its way', () => {
  test('the run before it is shown again at once, and the recording does not take the page from it', async () => {
    const { page, arrive } = lateRecordings('two-moons-1');
    await page.controller.prepareLive();
    const { id } = page.run;
    const choosing = page.controller.choosePreset('two-moons-1');
    page.controller.show(id);
    arrive('two-moons-1');
    await choosing;
    await settled();
    expect(page.run.id).toBe(id);
    expect(page.store.getState()).toMatchObject({
      presetId: firstPreset,
      draft: { data: { task: 'glyphs' } },
    });
  });

  test('a setting that is moved is of the preset, and the run before it hears nothing', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { page, arrive } = lateRecordings('two-moons-1');
    await page.controller.prepareLive();
    const choosing = page.controller.choosePreset('two-moons-1');
    page.controller.edit('objective.temperature', 3);
    vi.runAllTimers();
    vi.useRealTimers();
    expect(page.engine.types).not.toContain('set');
    arrive('two-moons-1');
    await choosing;
    expect(page.store.getState().draft.objective.temperature).toBe(3);
  });

  test('a link is of the preset, and not of the run before it', async () => {
    vi.stubGlobal('location', { href: 'https://example.org/', hash: '' });
    const { page } = lateRecordings('two-moons-1');
    await page.controller.prepareLive();
    page.controller.step(100);
    await settled();
    void page.controller.choosePreset('two-moons-1');
    expect(new URL(linkOf(page.store.getState(), true)).hash).toBe('#preset=two-moons-1');
    vi.unstubAllGlobals();
  });
});

describe('an engine that did not open', () => {
  test('and opens for a question later leaves the page free', async () => {
    const page = fakePage({ holds: true });
    const running = page.controller.runLive();
    page.engine.fail('no-adapter');
    await running;
    const asked = page.controller.inquire((live) => askInspection(live, []));
    page.engine.release();
    await asked;
    expect(page.store.getState().activity).toBe('idle');
  });
});

describe('a run of an earlier visit', () => {
  test('that could not be loaded is resumed by Play, and not begun anew', async () => {
    const page = fakePage({ holds: true });
    const resuming = page.controller.resume(left);
    page.engine.release();
    page.engine.hold();
    await settled();
    page.engine.fail('asset-missing');
    await resuming;
    page.engine.release();
    await page.controller.play();
    await settled();
    expect(page.engine.sent.filter(({ type }) => type === 'load')).toMatchObject([
      { resume: true },
      { resume: true },
    ]);
  });

  test('is not said to be behind where another run is shown by then', async () => {
    const page = await prepared();
    page.controller.offer('two-moons-1', presetSpec('two-moons-1'), null);
    await page.controller.prepareLive();
    page.controller.step(5);
    await settled();
    const other = page.run.id;
    page.engine.hold();
    const taking = page.controller.resume(left);
    await settled();
    page.controller.show(other);
    page.engine.release();
    await taking;
    await settled();
    expect(page.run.id).toBe(other);
    expect(noticesOf(page.store)).not.toContain('behind');
  });
});

describe('a run that is shown again', () => {
  test('is not run with the live events of a link that was shown before it', async () => {
    const page = fakePage();
    await page.controller.choosePreset(firstPreset);
    const recorded = page.run.id;
    const events = [{ step: 40, path: 'objective.mix', value: 0.5 }];
    page.controller.offer(firstPreset, { ...presetSpec(firstPreset), seed: 9, events }, null);
    page.controller.show(recorded);
    await page.controller.runLive();
    expect(page.engine.sent[1]).toMatchObject({ spec: { events: [] } });
  });

  test('has its own files again', async () => {
    const files = [{ name: 'teacher.onnx', bytes: new Uint8Array(1) }];
    const page = fakePage();
    await page.controller.runFiles(presetSpec(firstPreset), files);
    const own = page.run.id;
    await page.controller.choosePreset('two-moons-1');
    await page.controller.prepareLive();
    page.controller.show(own);
    await page.controller.play();
    await settled();
    expect(page.engine.sent.findLast(({ type }) => type === 'load')).toMatchObject({ files });
  });

  test('and of which less was kept than had been done says so', async () => {
    const page = await prepared();
    page.controller.step(100);
    await settled();
    page.engine.fail('engine-stopped');
    await page.controller.play();
    await settled();
    expect(page.store.getState().notices.find(({ kind }) => kind === 'behind')).toMatchObject({
      ...{ step: 0, left: 100 },
    });
  });
});

describe('what an engine says of the run before, while another is loaded', () => {
  test('a recovery is not of the run that is loaded', async () => {
    const page = await prepared();
    page.engine.hold();
    const running = page.controller.prepareLive();
    await settled();
    const adapter = { name: 'x', software: true, executor: 'gpu' } as const;
    page.engine.tell({ type: 'recovered', step: 40, adapter, reason: 'imagined' });
    expect(page.store.getState().activity).toBe('preparing');
    expect(page.run.step).toBe(0);
    page.engine.release();
    await running;
  });

  test('its teacher is not that of the run that is loaded again', async () => {
    const page = await prepared();
    const first = page.run;
    await page.controller.prepareLive();
    page.controller.show(first.id);
    page.engine.hold();
    const playing = page.controller.play();
    await settled();
    const { facts } = await factsOf(first.spec);
    page.engine.tell({ type: 'teacher', teacher: { ...facts.teacher, delivery: 'live' } });
    expect(page.run.facts?.teacher.delivery).toBe('pack');
    page.engine.release();
    await playing;
  });

  test('a command of it that failed is no answer to the load', async () => {
    const page = await prepared();
    page.engine.hold();
    const running = page.controller.runLive();
    await settled();
    page.engine.tell({ type: 'error', detail: { code: 'teacher-run', problem: 'x' }, of: 'live-teacher' });
    expect(page.store.getState().activity).toBe('preparing');
    expect(errorOf(page.store)).toBeNull();
    page.engine.release();
    await running;
    await settled();
    expect(page.run.state).toBe('playing');
  });

  test('a setting that was moved for it fails with it, and does not hide why', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const page = await prepared();
    page.engine.hold();
    const running = page.controller.runLive();
    await settled();
    page.controller.edit('objective.temperature', 3);
    vi.runAllTimers();
    vi.useRealTimers();
    expect(page.engine.types.slice(2)).toEqual(['load', 'set']);
    page.engine.fail('out-of-memory');
    await running;
    page.engine.tell({ type: 'error', detail: { code: 'no-run', problem: 'There is no run' }, of: 'set' });
    expect(errorOf(page.store)).toBe('out-of-memory');
  });

  test('a checkpoint that cannot be written stops nothing', async () => {
    const page = await prepared();
    await page.controller.play();
    await settled();
    page.engine.hold();
    page.controller.repeat(5);
    page.engine.fail('checkpoint-unwritten');
    expect(errorOf(page.store)).toBe('checkpoint-unwritten');
    expect(page.store.getState().repeat).toMatchObject({ count: 5 });
    expect(page.run.state).toBe('playing');
    const running = page.controller.runLive();
    await settled();
    page.engine.fail('checkpoint-unwritten');
    expect(page.store.getState().activity).toBe('preparing');
    page.engine.release();
    await running;
    await settled();
    expect(page.run.state).toBe('playing');
  });
});

test('a device that is lost while seeds are run leaves them on the page, for the engine begins them again', async () => {
  const page = await prepared();
  page.engine.hold();
  page.controller.repeat(5);
  const adapter = { name: 'x', software: true, executor: 'gpu' } as const;
  page.engine.tell({ type: 'recovered', step: 0, adapter, reason: 'imagined' });
  expect(page.store.getState().repeat).toMatchObject({ count: 5 });
});

describe("a run of the user's own files, while its models are timed", () => {
  async function timing(): Promise<{ page: FakePage; running: Promise<void> }> {
    const page = await prepared();
    const running = page.controller.runFiles(presetSpec(firstPreset), []);
    page.engine.hold();
    // The load is on its way; what follows it waits.
    await settled();
    page.engine.release();
    page.engine.hold();
    await settled();
    expect(page.store.getState().progress?.stage).toBe('speed');
    return { page, running };
  }

  test('and is paused then, waits at step 0', async () => {
    const { page, running } = await timing();
    page.controller.pause();
    page.engine.release();
    await running;
    await settled();
    expect(page.engine.types.slice(2)).not.toContain('play');
  });
});
