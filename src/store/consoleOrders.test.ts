/** `window.stillroom` by commands that nobody waits for: each promise is kept, and the last command holds. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { firstPreset } from '../spec/presets.ts';
import { consoleOf } from './console.ts';
import { type FakePage, fakePage, recordingOf, settled } from './fakePage.ts';
import { presetSpec } from './state.ts';

function withConsole(page: FakePage = fakePage()) {
  return { page, stillroom: consoleOf(page.store, page.controller) };
}

async function prepared() {
  const made = withConsole();
  await made.page.controller.prepareLive();
  return made;
}

/** Whether a promise has settled by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(
    () => {
      done = true;
    },
    () => undefined,
  );
  await settled();
  return done;
}

beforeEach(() => {
  vi.stubGlobal('location', { href: 'https://example.org/', hash: '' });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('steps', () => {
  test('asked for twice are run one after the other, and each is told when its own are done', async () => {
    const { page, stillroom } = await prepared();
    page.engine.hold();
    const first = stillroom.step(5).then(() => stillroom.state().step);
    const second = stillroom.step(5).then(() => stillroom.state().step);
    page.engine.release();
    expect([await first, await second]).toEqual([5, 10]);
  });

  test('asked for twice of a recording make one live run', async () => {
    const { page, stillroom } = withConsole();
    await page.controller.choosePreset(firstPreset);
    await settled();
    await Promise.all([stillroom.step(5), stillroom.step(5)]);
    expect(page.store.getState().runs.map(({ origin }) => origin)).toEqual(['recording', 'live']);
    expect(stillroom.state().step).toBe(10);
  });

  test('of a run that plays come after the step in hand, and are waited for', async () => {
    const { page, stillroom } = await prepared();
    await stillroom.play();
    await settled();
    page.engine.hold();
    const stepping = stillroom.step(10);
    // The engine has come further than the page knows.
    page.engine.beat();
    page.engine.tell({ type: 'state', state: 'paused', step: 50, samplesPerSecond: 0 });
    expect(await isDone(stepping)).toBe(false);
    page.engine.release();
    await stepping;
    expect(stillroom.state()).toMatchObject({ state: 'paused', step: 60 });
  });

  test('that are paused half-way are waited for until the run stands', async () => {
    const { page, stillroom } = await prepared();
    page.engine.hold();
    const stepping = stillroom.step(1_000);
    page.engine.tell({ type: 'state', state: 'playing', step: 300, samplesPerSecond: 0 });
    stillroom.pause();
    expect(await isDone(stepping)).toBe(false);
    page.engine.tell({ type: 'state', state: 'paused', step: 301, samplesPerSecond: 0 });
    await stepping;
  });

  test('of a run that is rewound meanwhile are not waited for', async () => {
    const { page, stillroom } = await prepared();
    page.engine.hold();
    const stepping = stillroom.step(1_000);
    page.engine.tell({ type: 'state', state: 'playing', step: 300, samplesPerSecond: 0 });
    stillroom.rewind();
    await stepping;
    expect(stillroom.state().step).toBe(0);
  });

  test('and a pause in the same breath: the engine is told of both in this order', async () => {
    const { page, stillroom } = await prepared();
    const stepping = stillroom.step(1_000);
    const waiting = stillroom.step(7);
    stillroom.pause();
    await Promise.all([stepping, waiting]);
    expect(page.engine.types.slice(2)).toEqual(['step', 'pause']);
  });

  test('after play: the run plays, then runs these steps and pauses', async () => {
    const { page, stillroom } = withConsole(fakePage({ holds: true }));
    const both = [stillroom.play(), stillroom.step(5)];
    page.engine.release();
    await Promise.all(both);
    expect(page.engine.types).toEqual(['open', 'load', 'play', 'step']);
    expect(stillroom.state()).toMatchObject({ state: 'paused', step: 5 });
  });

  test('and a rewind while the run is prepared end at step 0', async () => {
    const { page, stillroom } = withConsole(fakePage({ holds: true }));
    const playing = stillroom.play();
    stillroom.rewind();
    page.engine.release();
    await playing;
    await settled();
    expect(page.engine.types).toEqual(['open', 'load', 'play', 'rewind']);
    expect(stillroom.state()).toMatchObject({ state: 'paused', step: 0 });
  });
});

describe('load', () => {
  test('of files that take long to read does not come after what was loaded next', async () => {
    const { page, stillroom } = withConsole();
    let read: (bytes: ArrayBuffer) => void = () => undefined;
    const bytes = new Promise<ArrayBuffer>((resolve) => {
      read = resolve;
    });
    const file = Object.assign(new File([], 'big.onnx'), { arrayBuffer: () => bytes });
    const first = stillroom.load({ ...presetSpec(firstPreset), seed: 1 }, [file]);
    await stillroom.load({ ...presetSpec(firstPreset), seed: 2 });
    read(new ArrayBuffer(1));
    await first;
    expect(page.store.getState().draft.seed).toBe(2);
  });

  test('of a link, then steps that nobody waited with: they are of the link’s run', async () => {
    let arrive: () => void = () => undefined;
    const page = fakePage({
      async openRecording(presetId) {
        if (presetId === 'two-moons-1')
          await new Promise<void>((resolve) => {
            arrive = resolve;
          });
        return recordingOf(presetId);
      },
    });
    const { stillroom } = withConsole(page);
    await page.controller.prepareLive();
    const loading = stillroom.load('https://example.org/#preset=two-moons-1');
    const stepping = stillroom.step(5);
    await settled();
    arrive();
    await Promise.all([loading, stepping]);
    expect(page.run).toMatchObject({ presetId: 'two-moons-1', origin: 'live', step: 5 });
  });

  test('of a link, then play: what plays is what the link shows', async () => {
    const { page, stillroom } = await prepared();
    const both = [stillroom.load('https://example.org/#preset=two-moons-1'), stillroom.play()];
    await Promise.all(both);
    await settled();
    expect(page.run).toMatchObject({ presetId: 'two-moons-1', origin: 'recording', state: 'playing' });
  });
});

test('a sweep that is asked for while another begins is refused, and the first has all its runs', async () => {
  const { page, stillroom } = withConsole();
  const first = stillroom.sweep('objective.temperature', [1, 2]);
  await expect(stillroom.sweep('objective.mix', [0, 1])).rejects.toMatchObject({ code: 'busy' });
  expect((await first).values.map(({ value }) => value)).toEqual([1, 2]);
  expect(page.engine.types.filter((type) => type === 'sweep')).toHaveLength(1);
  expect((await stillroom.sweep('objective.mix', [0, 1])).values).toHaveLength(2);
});

test('seeds are not begun while others are under way', async () => {
  const { page } = await prepared();
  page.engine.hold();
  page.controller.repeat(5);
  page.controller.repeat(3);
  page.controller.sweep({ path: 'objective.temperature', values: [1, 2] }, 1);
  expect(page.engine.types.slice(2)).toEqual(['repeat']);
  expect(page.store.getState()).toMatchObject({ repeat: { count: 5 }, sweep: null });
});
