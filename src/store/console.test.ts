/** `window.stillroom`: what a notebook can ask of the page, and what it is told when that cannot be. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StillroomError } from '../spec/errors.ts';
import { firstPreset } from '../spec/presets.ts';
import { type ConsoleMetrics, consoleOf } from './console.ts';
import { type FakePage, fakePage, settled } from './fakePage.ts';
import { presetSpec } from './state.ts';

function withConsole(page: FakePage = fakePage()) {
  return { page, stillroom: consoleOf(page.store, page.controller) };
}

async function prepared(options: Parameters<typeof fakePage>[0] = {}) {
  const made = withConsole(fakePage(options));
  await made.page.controller.prepareLive();
  return made;
}

beforeEach(() => {
  vi.stubGlobal('location', { href: 'https://example.org/', hash: '' });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('load', () => {
  test('fills in a specification and runs nothing', async () => {
    const { page, stillroom } = withConsole();
    await stillroom.load({ ...presetSpec(firstPreset), seed: 7 });
    expect(page.store.getState().draft.seed).toBe(7);
    expect(page.engines).toHaveLength(0);
    expect(stillroom.state()).toEqual({ state: 'empty', step: 0, adapter: null, arms: [] });
  });

  test('pauses the run that is playing, which would go on unseen', async () => {
    const { page, stillroom } = await prepared();
    await stillroom.play();
    await settled();
    await stillroom.load(presetSpec(firstPreset));
    await settled();
    expect(page.store.getState().runs[0]?.state).toBe('paused');
  });

  test('goes by the preset that the specification is nearest to', async () => {
    const { page, stillroom } = withConsole();
    await stillroom.load({ ...presetSpec('two-moons-1'), seed: 7 });
    expect(page.store.getState().presetId).toBe('two-moons-1');
    await page.controller.prepareLive();
    expect(page.run.changes).toEqual([{ path: 'seed', from: 1, to: 7 }]);
  });

  test('takes a link', async () => {
    const { page, stillroom } = withConsole();
    await stillroom.load('https://example.org/#preset=two-moons-1');
    await settled();
    expect(page.run.presetId).toBe('two-moons-1');
  });

  test.each([
    ['nothing', undefined],
    ['a number', 7],
    ['an unknown field', { ...presetSpec(firstPreset), surprise: 1 }],
    ['a wrong value', { ...presetSpec(firstPreset), seed: -1 }],
    ['what is no address', 'http://['],
  ])('refuses %s and changes nothing', async (_, given) => {
    const { page, stillroom } = withConsole();
    const before = page.store.getState();
    await expect(stillroom.load(given)).rejects.toMatchObject({ name: 'StillroomError' });
    expect(page.store.getState()).toBe(before);
  });
});

describe('sweep', () => {
  const path = 'objective.temperature';

  test('runs each value under its seeds, and gives means in the order that was asked for', async () => {
    const { page, stillroom } = withConsole();
    const result = await stillroom.sweep(path, [4, 1], 2);
    expect(result).toMatchObject({ setting: path, headline: { kind: 'recall' } });
    expect(result.values.map(({ value, seeds }) => [value, ...seeds])).toEqual([
      [4, 1, 2],
      [1, 1, 2],
    ]);
    // The imagined engine does better at later values.
    expect(result.best.at(-1)).toMatchObject({ arm: 'distilled', value: 1 });
    expect(page.run.log.sweep?.runs).toHaveLength(4);
    const again = await stillroom.sweep(path, '1..2');
    expect(again.values.map(({ value }) => value)).toEqual([1, 2]);
  });

  test.each([
    ['one value', path, [1], 1, 'sweep-values'],
    ['a word', path, ['warm'], 1, 'sweep-values'],
    ['nothing', path, undefined, 1, 'sweep-values'],
    ['a value out of range', path, [1, 0], 1, 'sweep-value'],
    ['a setting that is no number', 'arms', [1, 2], 1, 'sweep-setting'],
    ['a setting that there is not', 'objective.warmth', [1, 2], 1, 'no-such-setting'],
    ['no seeds', path, [1, 2], 0, 'not-a-count'],
    ['half a seed', path, [1, 2], 0.5, 'not-a-count'],
  ])('refuses %s and opens no engine', async (_, setting, values, seeds, code) => {
    const { page, stillroom } = withConsole();
    const given = values as readonly number[];
    await expect(stillroom.sweep(setting, given, seeds)).rejects.toMatchObject({ code });
    expect(page.engines).toHaveLength(0);
  });

  test('waits its turn by refusing while another is under way', async () => {
    const { page, stillroom } = await prepared();
    page.store.setState({ repeat: { index: 0, count: 5, step: 0, total: 10 } });
    await expect(stillroom.sweep(path, [1, 2])).rejects.toMatchObject({ code: 'busy' });
  });
});

describe('set', () => {
  test('changes a live setting at the step in hand', async () => {
    const { page, stillroom } = await prepared();
    await stillroom.step(10);
    stillroom.set('objective.temperature', 3);
    await stillroom.step(5);
    expect(page.run.log.events).toEqual([{ step: 10, path: 'objective.temperature', value: 3 }]);
    expect(page.store.getState().draft.objective.temperature).toBe(3);
  });

  test.each([
    ['an unknown path', 'objective.wonder', 1, 'not-live'],
    ['the machinery of the language', '__proto__.polluted', 1, 'not-live'],
    ['no path', '', 1, 'not-live'],
    ['a setting that needs a new run', 'training.steps', 100, 'not-live'],
    ['a term that the run has not', 'objective.terms.3.weight', 1, 'no-such-setting'],
    ['hidden states that the run does not distil', 'objective.hidden.weight', 1, 'no-such-setting'],
    ['a value below the range', 'objective.temperature', 0, 'out-of-range'],
    ['a value above the range', 'objective.mix', 1.01, 'out-of-range'],
    ['no number', 'optimiser.learningRate', Number.NaN, 'out-of-range'],
    ['an endless number', 'optimiser.learningRate', Number.POSITIVE_INFINITY, 'out-of-range'],
  ])('refuses %s and changes nothing', async (_, path, value, code) => {
    const { page, stillroom } = await prepared();
    const before = page.store.getState();
    expect(() => stillroom.set(path, value)).toThrow(StillroomError);
    expect(() => stillroom.set(path, value)).toThrow(expect.objectContaining({ code }));
    await stillroom.step(1);
    expect(page.store.getState().draft).toBe(before.draft);
    expect(page.store.getState().view).toBe(before.view);
    expect(page.engine.types).not.toContain('set');
    expect('polluted' in {}).toBe(false);
  });

  test('refuses what is no number at all', async () => {
    const { page, stillroom } = await prepared();
    const { draft } = page.store.getState();
    const given = JSON.parse('"4"');
    expect(() => stillroom.set('objective.temperature', given)).toThrow(
      expect.objectContaining({ code: 'not-a-number' }),
    );
    expect(page.store.getState().draft).toBe(draft);
  });
});

describe('play, step and rewind', () => {
  test('play opens an engine and resolves when the run goes', async () => {
    const { page, stillroom } = withConsole();
    await stillroom.play();
    await settled();
    expect(stillroom.state()).toMatchObject({ state: 'playing', adapter: 'Imagined adapter' });
    expect(page.engines).toHaveLength(1);
  });

  test('state is "preparing" until the run is ready, and a second play waits for it too', async () => {
    const { page, stillroom } = withConsole(fakePage({ holds: true }));
    const first = stillroom.play();
    let second = 'waiting';
    const later = stillroom.play().then(() => {
      second = stillroom.state().state;
    });
    await settled();
    expect(stillroom.state().state).toBe('preparing');
    expect(second).toBe('waiting');
    page.engine.release();
    await Promise.all([first, later]);
    expect(second).not.toBe('preparing');
  });

  test('step makes a live run where there is none, and resolves when its steps are done', async () => {
    const { page, stillroom } = withConsole();
    await page.controller.choosePreset(firstPreset);
    await stillroom.step(25);
    expect(stillroom.state()).toMatchObject({ state: 'paused', step: 25 });
    expect(page.run.origin).toBe('live');
    await stillroom.step();
    expect(stillroom.state().step).toBe(26);
  });

  test('step resolves at the end of a run', async () => {
    const { stillroom } = await prepared({ engine: { start: 2_000 } });
    await stillroom.step(10);
    expect(stillroom.state()).toMatchObject({ state: 'finished', step: 2_000 });
  });

  test.each([0, -1, 1.5, Number.NaN])('step refuses %d steps', async (count) => {
    const { page, stillroom } = await prepared();
    await expect(stillroom.step(count)).rejects.toMatchObject({ code: 'not-a-count' });
    expect(page.engine.types).not.toContain('step');
  });

  test('step says what the engine says instead', async () => {
    const { page, stillroom } = await prepared();
    page.engine.hold();
    const stepping = stillroom.step(10);
    const refused = expect(stepping).rejects.toMatchObject({ code: 'teacher-nan' });
    await settled();
    page.engine.fail('teacher-nan');
    await refused;
  });

  test('step says why no engine opens', async () => {
    const { page, stillroom } = withConsole(fakePage({ holds: true }));
    const refused = expect(stillroom.step(10)).rejects.toMatchObject({ code: 'engine-stopped' });
    await settled();
    page.engine.fail('engine-stopped');
    await refused;
  });

  test('step after a lost engine opens another', async () => {
    const { page, stillroom } = await prepared({ engine: { start: 50 } });
    page.engine.fail('engine-stopped');
    await stillroom.step(10);
    expect(page.engines).toHaveLength(2);
    expect(stillroom.state().step).toBe(60);
  });

  test('rewind goes back to step 0', async () => {
    const { page, stillroom } = await prepared();
    await stillroom.step(30);
    stillroom.rewind();
    await settled();
    expect(stillroom.state()).toMatchObject({ state: 'paused', step: 0 });
    expect(page.store.getState().runs).toHaveLength(2);
  });

  test('state names each arm with its held-out measures', async () => {
    const { page, stillroom } = await prepared();
    const arms = page.run.log.last?.arms ?? [];
    expect(stillroom.state().arms).toEqual(
      ['labels', 'hard', 'distilled'].map((name, at) => ({
        name,
        accuracy: arms[at]?.accuracy,
        agreement: arms[at]?.agreement,
        divergence: arms[at]?.divergence,
      })),
    );
  });
});

describe('metrics', () => {
  /** Collects in the background; `done` resolves when the iterator has ended. */
  function collect(rows: AsyncIterable<ConsoleMetrics>) {
    const seen: ConsoleMetrics[] = [];
    const done = (async () => {
      for await (const row of rows) seen.push(row);
    })();
    return { seen, done };
  }

  test('give every step of every arm by name, and end with the run', async () => {
    const { page, stillroom } = await prepared({ engine: { start: 1_800 } });
    const { seen, done } = collect(stillroom.metrics());
    await stillroom.play();
    await settled();
    for (let i = 0; i < 4; i++) page.engine.beat();
    await done;
    expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: 200 }, (_, i) => 1_801 + i));
    expect(seen[0]?.arms).toHaveLength(3);
    expect(seen[0]?.arms[2]).toMatchObject({ loss: page.run.log.rows.column(2, 'loss')[1_800] });
  });

  test('wait through a pause', async () => {
    const { page, stillroom } = await prepared({ engine: { start: 1_900 } });
    const { seen, done } = collect(stillroom.metrics());
    await stillroom.play();
    await settled();
    page.engine.beat();
    stillroom.pause();
    await settled();
    expect(seen).toHaveLength(50);
    await stillroom.play();
    await settled();
    page.engine.beat();
    await done;
    expect(seen).toHaveLength(100);
  });

  test('end at once where there is no run, and where it has finished', async () => {
    await collect(withConsole().stillroom.metrics()).done;
    const { page, stillroom } = await prepared({ engine: { start: 2_000 } });
    expect(page.run.state).toBe('finished');
    const { seen, done } = collect(stillroom.metrics());
    await done;
    expect(seen).toEqual([]);
  });

  test('end when the run is rewound', async () => {
    const { stillroom } = await prepared();
    await stillroom.step(10);
    const { done } = collect(stillroom.metrics());
    await settled();
    stillroom.rewind();
    await expect(done).resolves.toBeUndefined();
  });

  test('end when another run is shown and this one deleted', async () => {
    const { page, stillroom } = await prepared();
    const first = page.run.id;
    const { done } = collect(stillroom.metrics());
    await settled();
    await page.controller.prepareLive();
    page.controller.delete(first);
    await expect(done).resolves.toBeUndefined();
  });

  test('stop listening when the loop is left', async () => {
    const { page, stillroom } = await prepared();
    const removed = vi.fn();
    const listen = page.run.log.onRows.bind(page.run.log);
    vi.spyOn(page.run.log, 'onRows').mockImplementation((listener) => {
      const stop = listen(listener);
      return () => {
        removed();
        stop();
      };
    });
    await stillroom.play();
    await settled();
    const left = (async () => {
      for await (const { step } of stillroom.metrics()) if (step === 3) return step;
      return null;
    })();
    await settled();
    page.engine.beat();
    expect(await left).toBe(3);
    expect(removed).toHaveBeenCalledOnce();
  });
});
