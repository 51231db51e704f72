// Models among a user's files become who teaches: one alone, several together.
import { expect, test } from 'vitest';
import type { TeacherInspection } from '../protocol/events.ts';
import { ownTeachers } from './ownTeachers.ts';

const model = (sha256: string, logits = 'logits'): TeacherInspection => ({
  ...{ sha256, bytes: 1, parameters: 1, outputs: [], taps: [], language: null },
  ...{
    inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 2] }],
    logits: [{ name: logits, reason: 'by name' }],
  },
});
const first = { input: 'input', logits: 'scores' };

test('one model teaches alone, with the tensors that were chosen', () => {
  expect(ownTeachers([model('a')], first, 'live')).toEqual({
    ...{ source: 'file', sha256: 'a', input: 'input', logits: 'scores', delivery: 'live', provider: 'auto' },
  });
});

test('two models teach together with equal weights, the second with its own likeliest tensors', () => {
  expect(ownTeachers([model('a'), model('b', 'z')], first, 'pack')).toMatchObject({
    ...{ source: 'several', combine: 'probabilities', delivery: 'pack' },
    members: [
      { source: 'file', sha256: 'a', input: 'input', logits: 'scores', weight: 0.5 },
      { source: 'file', sha256: 'b', input: 'x', logits: 'z', weight: 0.5 },
    ],
  });
});
