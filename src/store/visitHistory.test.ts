/** Back and Forward: an entry for each preset that was chosen, with its settings and its live run. */
import { expect, test } from 'vitest';
import { firstPreset } from '../spec/presets.ts';
import { errorOf, fakePage, present, settled } from './fakePage.ts';
import { fakeWindow } from './fakeWindow.ts';
import { remembered } from './remembered.ts';

const browser = fakeWindow();

test('the history of a page has an entry for each preset that was chosen and none for a changed setting; back and forward show them and run nothing', async () => {
  const page = await browser.open('');
  await page.controller.choosePreset('two-moons-1');
  page.controller.edit('training.steps', 300);
  page.controller.edit('objective.temperature', 3);
  await settled();
  await page.controller.choosePreset('few-labels-1');
  await settled();
  expect(browser.entries.map(({ hash }) => hash.replace(/&s=.*/, '&s'))).toEqual([
    '',
    '#preset=two-moons-1&s',
    '#preset=few-labels-1',
  ]);
  await browser.go(-1);
  const { presetId, draft } = page.store.getState();
  expect(presetId).toBe('two-moons-1');
  expect(draft).toMatchObject({ training: { steps: 300 }, objective: { temperature: 3 } });
  await browser.go(-1);
  expect(page.run).toMatchObject({ origin: 'recording', presetId: firstPreset });
  await browser.go(2);
  expect(page.run).toMatchObject({ origin: 'recording', presetId: 'few-labels-1' });
  expect(browser.entries).toHaveLength(3);
  expect(browser.entries.at(-1)?.hash).toBe('#preset=few-labels-1');
  expect(page.engines).toHaveLength(0);
});

test('the history of a page has the choice at once, before the recording is there', async () => {
  const page = await browser.open('', fakePage({ openRecording: async () => null }));
  const chosen = page.controller.choosePreset('two-moons-1');
  expect(browser.entries.map(({ hash }) => hash)).toEqual(['', '#preset=two-moons-1']);
  await chosen;
  expect(browser.entries).toHaveLength(2);
});

test('the history of a page leads back to a live run itself, paused, and leaves the one that was playing paused beside it', async () => {
  const page = await browser.open('#preset=few-labels-1');
  await page.controller.runLive();
  await settled();
  page.engine.beat();
  const first = page.run;
  await page.controller.choosePreset('two-moons-1');
  await page.controller.runLive();
  await settled();
  page.engine.beat();
  const second = page.run;
  expect([first.id === second.id, second.state]).toEqual([false, 'playing']);

  await browser.go(-1);
  expect(page.run).toMatchObject({
    id: first.id,
    origin: 'live',
    presetId: 'few-labels-1',
    state: 'paused',
  });
  const beside = page.store.getState().runs.find(({ id }) => id === second.id);
  expect(beside).toMatchObject({ state: 'paused', step: second.step });
  expect(remembered().map(({ presetId }) => presetId)).toContain('two-moons-1');
  expect(page.store.getState().runs.some(({ origin }) => origin === 'link')).toBe(false);
  await browser.go(1);
  expect(page.run).toMatchObject({ id: second.id, state: 'paused' });
  expect(browser.entries).toHaveLength(2);
});

test('the history of a page of another visit names no run of this one, though the number is the same: its address holds', async () => {
  const page = await browser.open('#preset=few-labels-1');
  await page.controller.runLive();
  await settled();
  const { hash, state } = present(browser.entries[0], 'an entry');
  browser.entries[0] = { hash, state: String(state).replace(/^\S+/, '1') };
  await page.controller.choosePreset('two-moons-1');
  await browser.go(-1);
  expect(page.store.getState()).toMatchObject({ presetId: 'few-labels-1' });
  expect(
    page.store.getState().runs.find(({ id }) => id === page.store.getState().currentId)?.origin,
  ).not.toBe('live');
});

test('the history of a page leads back to a lesson with what it left out', async () => {
  const page = await browser.open('#preset=few-labels-1&hide=data.verdict');
  await page.controller.runLive();
  await settled();
  await page.controller.choosePreset('two-moons-1');
  expect(page.store.getState().lesson).toBeNull();
  await browser.go(-1);
  expect(page.store.getState().lesson).toMatchObject({ hide: ['data', 'verdict'] });
  expect(browser.hash).toContain('hide=');
});

test('the history of a page has no entry of a link that cannot be read, and one of a place on the page leads nowhere else', async () => {
  const page = await browser.open('#preset=two-moons-1');
  await browser.follow('#preset=nobody');
  expect(errorOf(page.store)).toBe('link-preset');
  expect(browser.hash).toBe('#preset=two-moons-1');
  const { id } = page.run;
  await browser.follow('#see');
  expect(browser.hash).toBe('#preset=two-moons-1');
  await browser.go(-1);
  expect(page.run.id).toBe(id);
});

test('the history of a page leads back to what was shown where a place on the page was typed, and a run that plays plays on', async () => {
  const page = await browser.open('#see');
  expect(browser.hash).toBe('');
  await browser.follow('#see');
  await page.controller.choosePreset('two-moons-1');
  await browser.go(-1);
  expect(page.run).toMatchObject({ origin: 'recording', presetId: firstPreset });
  await page.controller.runLive();
  await settled();
  const { id } = page.run;
  await browser.follow('#see');
  await browser.go(-1);
  expect(page.run).toMatchObject({ id, state: 'playing' });
});

test('the history of a page that takes no more entries for a while does not keep the page from going on', async () => {
  const page = await browser.open('');
  browser.refuses = true;
  page.controller.edit('training.steps', 300);
  expect(browser.hash).toBe('');
  browser.refuses = false;
  page.controller.edit('training.steps', 301);
  expect(browser.hash).toMatch(/&s=1\./);
});
