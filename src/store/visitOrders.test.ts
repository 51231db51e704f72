/** A visit while the recording of a link's preset is still on its way, which on a slow line takes long. */
import { expect, test } from 'vitest';
import { encodeLink } from '../sharing/link.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { type FakePage, fakePage, recordingOf, settled } from './fakePage.ts';
import { fakeWindow } from './fakeWindow.ts';
import { remembered } from './remembered.ts';
import { presetSpec } from './state.ts';
import { beginVisit, ghostOf } from './visit.ts';

const browser = fakeWindow();

function shorter(presetId: string, steps: number): RunSpec {
  const spec = presetSpec(presetId);
  return { ...spec, training: { ...spec.training, steps } };
}

const link = (presetId: string, steps: number) =>
  encodeLink({ presetId, spec: shorter(presetId, steps), ghost: null }).fragment;

/** A page whose recordings come when they are let, the last one first, after the first `quick`. */
function late(quick: number): { page: FakePage; arrive(): Promise<void> } {
  const waiting: (() => void)[] = [];
  let asked = 0;
  const page = fakePage({
    async openRecording(presetId) {
      asked += 1;
      if (asked > quick) await new Promise<void>((resolve) => waiting.push(resolve));
      return recordingOf(presetId);
    },
  });
  const arrive = async () => {
    for (const one of waiting.splice(0).reverse()) {
      one();
      await settled();
    }
  };
  return { page, arrive };
}

test('two links, one after the other: the last one is shown, whenever the recordings come', async () => {
  const { page, arrive } = late(1);
  await browser.open('', page);
  await browser.follow(link('few-labels-1', 300));
  await browser.follow(link('two-moons-1', 200));
  await arrive();
  expect(page.store.getState()).toMatchObject({ presetId: 'two-moons-1', currentId: null });
  expect(page.store.getState().draft).toEqual(shorter('two-moons-1', 200));
});

test('a link that is run before the recording of its preset is there runs with its settings, and stays', async () => {
  const { page, arrive } = late(1);
  await browser.open('', page);
  await browser.follow(link('few-labels-1', 300));
  await page.controller.runLive();
  await arrive();
  expect(page.run).toMatchObject({ origin: 'live', state: 'playing', spec: { training: { steps: 300 } } });
});

test('the entry of a link keeps its settings, whatever happens before the recording of its preset is there', async () => {
  const { page, arrive } = late(1);
  await browser.open('', page);
  const address = link('few-labels-1', 300);
  await browser.follow(address);
  page.store.setState({ tab: 'what' });
  expect(browser.hash).toBe(address);
  await arrive();
  expect(page.store.getState().runs.map(({ presetId }) => presetId)).toEqual(['few-labels-1']);
  expect(browser.hash).toBe(address);
});

test('and its curves, where its settings are those of the preset', async () => {
  const maker = await browser.open('#preset=two-moons-1');
  await maker.controller.runLive();
  await settled();
  maker.engine.beat();
  const spec = presetSpec('two-moons-1');
  const { fragment } = encodeLink({ presetId: 'two-moons-1', spec, ghost: ghostOf(maker.run) });
  const { page, arrive } = late(1);
  await browser.open('', page);
  await browser.follow(fragment);
  page.store.setState({ tab: 'what' });
  expect(browser.hash).toBe(fragment);
  await arrive();
  expect(page.run).toMatchObject({ origin: 'recording', presetId: 'two-moons-1' });
  expect(
    page.store
      .getState()
      .runs.map(({ origin }) => origin)
      .sort(),
  ).toEqual(['link', 'recording']);
  expect(browser.hash).toBe(fragment);
});

test('a run that is made before the first recording is there is remembered, and its address is written', async () => {
  const { page } = late(0);
  browser.hash = '';
  void beginVisit(page.store, page.controller);
  page.controller.edit('training.steps', 300);
  await page.controller.prepareLive();
  page.controller.step(50);
  await settled();
  expect(remembered()).toMatchObject([{ step: 50 }]);
  expect(browser.hash).toContain('&s=');
});
