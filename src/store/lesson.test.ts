/** Lesson links and the small page: what they do to the page, what undoes it, and what the address then says. */
import { describe, expect, test } from 'vitest';
import { lessonParts } from '../spec/lesson.ts';
import { firstPreset } from '../spec/presets.ts';
import { errorOf, fakePage, noticesOf, settled } from './fakePage.ts';
import { fakeWindow, home } from './fakeWindow.ts';
import { isHidden, isLocked, isOutOfReach, keepsOwnFilesOut, restricts } from './lesson.ts';
import { presetSpec } from './state.ts';
import { beginVisit, wholePage } from './visit.ts';

const lesson = '#preset=few-labels-1&hide=data.verdict&lock=mix&level=tinker';
const browser = fakeWindow();

describe('a lesson', () => {
  test('leaves out, locks and opens at its level from the first moment, and runs nothing', async () => {
    const page = fakePage({ openRecording: () => new Promise(() => undefined) });
    browser.hash = lesson;
    void beginVisit(page.store, page.controller);
    const state = page.store.getState();
    expect(state.level).toBe('tinker');
    expect(lessonParts.filter((part) => isHidden(state, part))).toEqual(['data', 'verdict']);
    expect(['objective.mix', 'objective.temperature', 'preset'].map((path) => isLocked(state, path))).toEqual(
      [true, false, false],
    );
    expect(['objective.mix', 'data.transfer', 'seed'].map((path) => isOutOfReach(state, path))).toEqual([
      true,
      true,
      false,
    ]);
    expect(page.engines).toHaveLength(0);
  });

  test('is undone by showing everything, which can be taken back, and by a link without one', async () => {
    const page = await browser.open(lesson);
    page.store.setState({ lifted: true });
    expect(lessonParts.filter((part) => isHidden(page.store.getState(), part))).toEqual([]);
    expect(isLocked(page.store.getState(), 'objective.mix')).toBe(false);
    expect(restricts(page.store.getState())).toBe(true);
    await browser.follow('#preset=few-labels-1&hide=hero');
    expect(isHidden(page.store.getState(), 'hero')).toBe(true);
    await browser.follow('#preset=two-moons-1');
    expect(restricts(page.store.getState())).toBe(false);
  });

  test('with ids that nobody knows says which were left out of it', async () => {
    const page = await browser.open('#preset=few-labels-1&hide=data.everything&lock=__proto__');
    const notice = page.store.getState().notices.find(({ kind }) => kind === 'dropped');
    expect(notice).toMatchObject({ fields: ['hide.everything', 'lock.__proto__'] });
    expect(page.store.getState().lesson?.hide).toEqual(['data']);
  });
});

describe('files of the reader’s own', () => {
  test.each([
    ['&hide=bring', true],
    ['&lock=teacher', true],
    ['&lock=data', true],
    ['&hide=data&lock=mix', false],
  ])('a lesson of %s keeps them out: %s, until it is lifted', async (what, out) => {
    const page = await browser.open(`#preset=few-labels-1${what}`);
    expect(keepsOwnFilesOut(page.store.getState())).toBe(out);
    page.store.setState({ lifted: true });
    expect(keepsOwnFilesOut(page.store.getState())).toBe(false);
  });
});

describe('the address', () => {
  test('of a lesson keeps it while settings change, until everything is shown or another preset is chosen', async () => {
    const page = await browser.open(lesson);
    page.controller.edit('training.steps', 300);
    expect(browser.hash).toMatch(/^#preset=few-labels-1&hide=data\.verdict&lock=mix&level=tinker&s=1\./);
    page.store.setState({ lifted: true });
    expect(browser.hash).toMatch(/^#preset=few-labels-1&s=1\./);
    page.store.setState({ lifted: false });
    expect(browser.hash).toContain('&hide=data.verdict');
    await page.controller.choosePreset('two-moons-1');
    expect(browser.hash).toBe('#preset=two-moons-1');
  });

  test('of the small page is never written, in a frame or not, and it offers nothing to resume', async () => {
    browser.stored.set(
      'stillroom.runs',
      JSON.stringify([{ presetId: firstPreset, name: 'x', step: 1, spec: presetSpec(firstPreset) }]),
    );
    const page = await browser.open('#preset=two-moons-1&embed=1');
    expect(page.store.getState().embed).toBe(true);
    expect(noticesOf(page.store)).toEqual([]);
    page.controller.edit('training.steps', 300);
    await page.controller.play();
    await settled();
    page.controller.pause();
    expect(browser.hash).toBe('#preset=two-moons-1&embed=1');
    expect(page.engines).toHaveLength(0);
    expect(wholePage(`${home}${browser.hash}`)).toBe(`${home}#preset=two-moons-1`);
    expect(wholePage(`${home}#embed=1&preset=two-moons-1`)).toBe(`${home}#preset=two-moons-1`);
  });

  test('of the small page that cannot be read is still that of the small page', async () => {
    const page = await browser.open('#preset=few-labels-1&embed=1&s=1.d.AAAA');
    expect(page.store.getState().embed).toBe(true);
    expect(errorOf(page.store)).toBe('link-damaged');
  });
});
