/** A recorded run that did not come over a broken line. */
import { expect, test } from 'vitest';
import { StillroomError } from '../spec/errors.ts';
import { firstPreset } from '../spec/presets.ts';
import { errorOf, fakePage, noticesOf, present, recordingOf } from './fakePage.ts';

test('a recording that did not load is loaded when it is asked for again, settings stay, and its notice goes', async () => {
  const lost = { code: 'recording-lost', problem: 'The recorded run did not load' };
  const answers = [() => Promise.reject(new StillroomError(lost)), () => recordingOf(firstPreset)];
  const page = fakePage({ openRecording: () => present(answers.shift(), 'an answer')() });
  await page.controller.choosePreset(firstPreset);
  expect(errorOf(page.store)).toBe('recording-lost');
  expect(page.store.getState()).toMatchObject({ currentId: null, awaited: false });
  page.controller.edit('training.batch', 16);
  await page.controller.showRecording();
  expect(page.run).toMatchObject({ origin: 'recording', state: 'finished' });
  expect(page.store.getState().draft.training.batch).toBe(16);
  expect(noticesOf(page.store)).toEqual([]);
});
