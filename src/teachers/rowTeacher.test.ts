import { expect, test } from 'vitest';
import { samplesAtOnce } from './rowTeacher.ts';

test('samples of a classifier are answered as many at once as wanted, texts as many as their logits allow', () => {
  expect(samplesAtOnce({ positions: 1, classes: 200_000 }, 64)).toBe(64);
  expect(samplesAtOnce({ positions: 8, classes: 60 }, 64)).toBe(64);
  expect(samplesAtOnce({ positions: 8, classes: 49_152 }, 64)).toBe(5);
  expect(samplesAtOnce({ positions: 128, classes: 151_936 }, 64)).toBe(1);
});
