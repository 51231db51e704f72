/** Opening the page by address, what the address says afterwards, and what the next visit can resume. */

import { describe, expect, test, vi } from 'vitest';
import { encodeLink } from '../sharing/link.ts';
import { firstPreset } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { errorOf, type FakePage, fakePage, noticesOf, present, settled } from './fakePage.ts';
import { fakeWindow } from './fakeWindow.ts';
import { headlineOf, headlineValue } from './headline.ts';
import { forget, recall, remember, remembered } from './remembered.ts';
import { newRun, type Run, wholeSpec } from './run.ts';
import { presetSpec } from './state.ts';
import { bestOf } from './verdict.ts';
import { ghostOf, linkOf } from './visit.ts';

const browser = fakeWindow();

function changed(change: (spec: RunSpec) => Partial<RunSpec>): RunSpec {
  const spec = presetSpec('few-labels-1');
  return { ...spec, ...change(spec) };
}

/** A link to settings that no preset has, with the result of a run where `ghost`. */
async function linkWith(ghost: boolean): Promise<string> {
  const spec = changed(({ training }) => ({
    training: { ...training, steps: 300 },
    events: [{ step: 10, path: 'objective.temperature', value: 4 }],
  }));
  const page = fakePage();
  page.controller.offer('few-labels-1', spec, null);
  await page.controller.runLive();
  await settled();
  page.engine.beat();
  page.engine.beat();
  return encodeLink({ presetId: 'few-labels-1', spec, ghost: ghost ? ghostOf(page.run) : null }).fragment;
}

describe('the page opened', () => {
  test('by its bare address shows the recording of the first preset and leaves the address alone', async () => {
    const page = await browser.open('');
    expect(page.run).toMatchObject({ origin: 'recording', presetId: firstPreset, state: 'finished' });
    expect(page.store.getState().draft).toEqual(presetSpec(firstPreset));
    expect(page.engines).toHaveLength(0);
    expect(noticesOf(page.store)).toEqual([]);
    expect(browser.hash).toBe('');
  });

  test('by a preset shows its recording', async () => {
    const page = await browser.open('#preset=two-moons-1');
    expect(page.run).toMatchObject({ origin: 'recording', presetId: 'two-moons-1' });
    expect(page.store.getState().draft).toEqual(presetSpec('two-moons-1'));
    expect(page.engines).toHaveLength(0);
  });

  test('by a link fills in its settings and runs nothing', async () => {
    const page = await browser.open(await linkWith(false));
    const { draft, presetId, currentId } = page.store.getState();
    expect(draft.training.steps).toBe(300);
    expect(presetId).toBe('few-labels-1');
    expect(currentId).toBeNull();
    expect(page.engines).toHaveLength(0);
    expect(noticesOf(page.store)).toEqual([]);
  });

  test('by a link with a result draws it as a ghost, under the run that the reader then makes', async () => {
    const page = await browser.open(await linkWith(true));
    const ghost = page.run;
    expect(ghost).toMatchObject({ origin: 'link', state: 'finished', step: 100, compared: true });
    expect(ghost.log.evaluations.map(({ step }) => step)).toEqual([0, 50, 100]);
    // What the table of runs says that it has other than its preset.
    expect(ghost.changes).toEqual([{ path: 'training.steps', from: 2000, to: 300 }]);
    expect(page.engines).toHaveLength(0);
    await page.controller.play();
    await settled();
    expect(page.run).toMatchObject({ origin: 'live', state: 'playing' });
    expect(page.store.getState().runs).toContain(ghost);
    expect(page.engine.sent[1]).toMatchObject({
      spec: { events: [{ step: 10, path: 'objective.temperature', value: 4 }] },
    });
    expect(page.run.log.events).toEqual([{ step: 10, path: 'objective.temperature', value: 4 }]);
    // By which it is told whether the one repeats the other.
    expect(wholeSpec(ghost).events).toEqual(wholeSpec(page.run).events);
    expect(ghost.spec.events).toEqual([]);
  });

  test('by a link, then another preset: its live events stay out of that one', async () => {
    const page = await browser.open(await linkWith(false));
    await page.controller.choosePreset('two-moons-1');
    await page.controller.runLive();
    expect(page.run.spec.events).toEqual([]);
    expect(page.engine.sent[1]).toMatchObject({ spec: { events: [] } });
  });

  test('by a link with fields out of range says which were limited', async () => {
    const spec = changed(({ training }) => ({ training: { ...training, steps: 5_000_000 } }));
    const page = await browser.open(encodeLink({ presetId: 'few-labels-1', spec, ghost: null }).fragment);
    const notice = page.store.getState().notices.find(({ kind }) => kind === 'dropped');
    expect(notice).toMatchObject({ fields: ['training.steps'] });
    expect(page.store.getState().draft.training.steps).toBeLessThanOrEqual(1_000_000);
  });

  test.each([
    ['an unknown preset', '#preset=__proto__', 'link-preset'],
    ['a damaged payload', '#preset=few-labels-1&s=1.d.AAAA', 'link-damaged'],
    ['another version', '#preset=few-labels-1&s=9.j.e30', 'link-version'],
    ['nonsense', '#<script>=1&s=', 'link-preset'],
    ['far too much', `#preset=few-labels-1&s=1.j.${'A'.repeat(100_000)}`, 'link-long'],
  ])('by a link with %s says so, shows the first preset and runs nothing', async (_, fragment, code) => {
    const page = await browser.open(fragment);
    expect(errorOf(page.store)).toBe(code);
    expect(page.run).toMatchObject({ origin: 'recording', presetId: firstPreset });
    expect(page.store.getState().draft).toEqual(presetSpec(firstPreset));
    expect(page.engines).toHaveLength(0);
  });

  test('at a place of its own, as by a skip link, is not an error', async () => {
    const page = await browser.open('#see');
    expect(page.run.presetId).toBe(firstPreset);
    expect(noticesOf(page.store)).toEqual([]);
  });
});

describe('an address that changes while the page is open', () => {
  test('to a link shows it, and the run that was playing pauses', async () => {
    const page = await browser.open('');
    await page.controller.runLive();
    await settled();
    const { id } = page.run;
    await browser.follow('#preset=two-moons-1');
    expect(page.run).toMatchObject({ origin: 'recording', presetId: 'two-moons-1' });
    const before = page.store.getState().runs.find((run) => run.id === id);
    expect(before?.state).toBe('paused');
  });

  test('to a place on the page changes nothing', async () => {
    const page = await browser.open('');
    await page.controller.runLive();
    await settled();
    const { id } = page.run;
    await browser.follow('#see');
    expect(page.run).toMatchObject({ id, state: 'playing' });
    expect(noticesOf(page.store)).toEqual([]);
  });
});

describe('the address', () => {
  test('follows changed settings, and the preset that is chosen after them', async () => {
    const page = await browser.open('');
    page.controller.edit('training.steps', 300);
    expect(browser.hash).toMatch(/^#preset=dark-knowledge-1&s=1\./);
    await page.controller.choosePreset('two-moons-1');
    await settled();
    expect(browser.hash).toBe('#preset=two-moons-1');
  });

  test('of a live run opens with its settings, live events and curves', async () => {
    const page = await browser.open('');
    page.controller.edit('training.steps', 300);
    await page.controller.prepareLive();
    page.controller.step(40);
    await settled();
    page.controller.edit('objective.mix', 0.5);
    await page.controller.play();
    await settled();
    page.engine.beat();
    const reader = await browser.open(new URL(linkOf(page.store.getState(), true)).hash);
    expect(reader.store.getState().draft.training.steps).toBe(300);
    expect(reader.run).toMatchObject({ origin: 'link' });
    await reader.controller.runLive();
    expect(reader.run.spec.events.concat(reader.run.log.events)).toEqual([
      { step: 40, path: 'objective.mix', value: 0.5 },
    ]);
  });

  test('of a recording carries its curves, and none once a setting was changed that they are not of', async () => {
    const page = await browser.open('#preset=few-labels-1');
    const { log, spec } = page.run;
    page.store.setState({ draft: spec });
    const [known] = log.evaluations;
    if (known !== undefined) log.evaluate({ ...known, step: known.step + 50 });
    const [plain, withCurves] = [false, true].map((ghost) => linkOf(page.store.getState(), ghost));
    expect(withCurves?.length).toBeGreaterThan((plain?.length ?? 0) + 50);
    page.controller.edit('training.steps', 300);
    expect(linkOf(page.store.getState(), true)).toBe(linkOf(page.store.getState(), false));
    page.controller.edit('training.steps', spec.training.steps);
    expect(linkOf(page.store.getState(), true)).toBe(withCurves);
  });

  test('of an embedded page is never written', async () => {
    vi.stubGlobal('window', { top: {}, self: null });
    const page = await browser.open('');
    page.controller.edit('training.steps', 300);
    expect(browser.hash).toBe('');
  });
});

describe('a run left unfinished', () => {
  /** A run that was played, changed by hand at step 50 and paused. */
  async function left(): Promise<FakePage> {
    const page = await browser.open('#preset=few-labels-1');
    await page.controller.prepareLive();
    page.controller.step(50);
    await settled();
    page.controller.edit('objective.mix', 0.5);
    page.controller.step(10);
    await settled();
    return page;
  }

  /** Takes up what the page offers. */
  async function resumed(page: FakePage): Promise<void> {
    const notice = page.store.getState().notices.find(({ kind }) => kind === 'resumable');
    if (notice?.kind !== 'resumable') throw new Error('nothing is offered');
    await page.controller.resume(notice.left);
    await settled();
  }

  test('is offered at the next visit, and nothing runs before it is taken up', async () => {
    const before = await left();
    const page = await browser.open('');
    const notice = page.store.getState().notices.find(({ kind }) => kind === 'resumable');
    expect(notice).toMatchObject({ left: { name: before.run.name, step: 60 } });
    expect(page.engines).toHaveLength(0);
  });

  test('goes on from its checkpoint with the settings and live events it had', async () => {
    await left();
    const page = await browser.open('', fakePage({ engine: { start: 60 } }));
    await resumed(page);
    await settled();
    expect(page.run).toMatchObject({ step: 60, state: 'paused', presetId: 'few-labels-1' });
    expect(page.run.log.events).toEqual([{ step: 50, path: 'objective.mix', value: 0.5 }]);
    expect(page.engine.sent[1]).toMatchObject({ type: 'load', resume: true });
    // The checkpoint is found by the specification as it was started: the event is not part of that.
    expect(page.engine.sent[1]).toMatchObject({ spec: presetSpec('few-labels-1') });
  });

  test('has its curve again, with the best step of an arm and the link that it had', async () => {
    const { run } = await left();
    const arms = run.log.last?.arms ?? [];
    for (const [step, accuracy] of [[50, 0.75] as const, [60, 0.5] as const])
      run.log.evaluate({
        step,
        arms: arms.map((one) => ({ ...one, accuracy, validationAccuracy: accuracy })),
      });
    remember(run);
    const again = { ...newRun({ ...run, id: 'again' }), facts: run.facts };
    recall(again, present(remembered()[0], 'run'));
    const headline = headlineOf(run.spec);
    const curve = ({ log }: Run) =>
      log.evaluations.map((at) => [at.step, ...at.arms.map((one) => headlineValue(one, headline))]);
    expect(curve(again)).toHaveLength(3);
    expect(curve(again)).toEqual(curve(run));
    expect(bestOf(again.log, 2, headline, 0)).toMatchObject({ step: 50, value: 0.75 });
    expect(ghostOf(again)).toEqual(ghostOf(run));
  });

  test('forgets its live events where there was no checkpoint after all', async () => {
    await left();
    const page = await browser.open('');
    await resumed(page);
    await settled();
    expect(page.run.step).toBe(0);
    expect(page.run.log.events).toEqual([]);
  });

  test('says so where less of it was kept than had been done, and nothing where all was', async () => {
    await left();
    const [whole, less] = [
      await browser.open('', fakePage({ engine: { start: 60 } })),
      await browser.open('', fakePage({ engine: { start: 40 } })),
    ];
    for (const page of [whole, less]) {
      const notice = page.store.getState().notices.find(({ kind }) => kind === 'resumable');
      if (notice?.kind !== 'resumable') throw new Error('nothing is offered');
      await page.controller.resume(notice.left);
    }
    const behind = (page: FakePage) => page.store.getState().notices.find(({ kind }) => kind === 'behind');
    expect(behind(whole)).toBeUndefined();
    expect(behind(less)).toMatchObject({ step: 40, left: 60 });
  });

  test('is forgotten when it has finished', async () => {
    await left();
    expect(remembered()).toHaveLength(1);
    const page = await browser.open('', fakePage({ engine: { start: 2_000 } }));
    await resumed(page);
    expect(page.run.state).toBe('finished');
    expect(remembered()).toEqual([]);
  });

  test('stays while another is begun and finished, and is the one that its offer takes up', async () => {
    await left();
    const page = await browser.open('#preset=two-moons-1', fakePage({ engine: { start: 1_500 } }));
    await page.controller.prepareLive();
    await settled();
    expect(page.run).toMatchObject({ state: 'finished', presetId: 'two-moons-1' });
    expect(remembered().map(({ presetId }) => presetId)).toEqual(['few-labels-1']);
    await resumed(page);
    expect(page.run.presetId).toBe('few-labels-1');
  });

  test('beside another one: both are remembered, the last first, and each is forgotten alone', async () => {
    await left();
    const page = await browser.open('#preset=two-moons-1');
    await page.controller.prepareLive();
    page.controller.step(5);
    await settled();
    page.controller.pause();
    await settled();
    expect(remembered().map(({ presetId, step }) => [presetId, step])).toEqual([
      ['two-moons-1', 5],
      ['few-labels-1', 60],
    ]);
    const next = await browser.open('');
    expect(noticesOf(next.store)).toEqual(['resumable']);
    await resumed(next);
    expect(next.run.presetId).toBe('two-moons-1');
    forget(presetSpec('two-moons-1'));
    expect(remembered().map(({ presetId }) => presetId)).toEqual(['few-labels-1']);
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '7'],
    [
      'an unknown preset',
      JSON.stringify({ presetId: 'x', name: 'x', step: 1, spec: presetSpec(firstPreset) }),
    ],
    ['a broken specification', JSON.stringify({ presetId: firstPreset, name: 'x', step: 1, spec: {} })],
    [
      'broken events',
      JSON.stringify({
        ...{ presetId: firstPreset, name: 'x', step: 1, spec: presetSpec(firstPreset) },
        events: [{ step: -1, path: 'x' }],
      }),
    ],
  ])('that was stored as %s is not offered', async (_, stored) => {
    browser.stored.set('stillroom.runs', stored.startsWith('{"') ? `[${stored}]` : stored);
    const page = await browser.open('');
    expect(noticesOf(page.store)).toEqual([]);
    expect(remembered()).toEqual([]);
  });

  test('of an earlier version, which kept no events, is still offered', async () => {
    const spec = presetSpec(firstPreset);
    const stored = { presetId: firstPreset, name: 'quiet cordial', step: 80, spec };
    browser.stored.set('stillroom.runs', JSON.stringify([stored]));
    expect(present(remembered()[0], 'run')).toMatchObject({ step: 80, events: [] });
  });
});
