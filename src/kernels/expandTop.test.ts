// The k largest answers of a row and its rest, as logits of a batch: to the bit what the host would expand.
import { expect, test } from 'vitest';
import { denseOf, largestOf } from '../teachers/topAnswers.ts';
import { checkKernel, randomFloats, randomInts } from './checkKernel.ts';
import { expandTop } from './expandTop.ts';

test.each([
  [1, 1, 2, 1, 1],
  [5, 1, 64, 63, 9],
  [3, 7, 65, 8, 4],
  [2, 5, 1_000, 130, 3],
])(
  '%i samples of %i rows of %i classes, from their %i largest: the bits that the host expands',
  async (samples, positions, classes, k, sourceSamples) => {
    const kept = largestOf(randomFloats(sourceSamples * positions * classes, 6, 8), classes, k);
    const indices = randomInts(samples, sourceSamples, 5);
    const y = new Float32Array(samples * positions * classes).fill(9);
    const params = { samples, positions, classes, k, sourceSamples };
    const { gpu } = await checkKernel(expandTop, params, [indices, kept.values, kept.ids, y]);
    const wanted = [...indices].flatMap((sample) => [...denseOf(kept, sample * positions, positions)]);
    expect([...(gpu[3] ?? [])]).toEqual(wanted);
  },
);

test('a sample that does not exist gives zeros, and a class that does not exist is nobody’s', async () => {
  const params = { samples: 3, positions: 1, classes: 4, k: 2, sourceSamples: 2 };
  const values = Float32Array.of(5, 3, -1, 6, 2, -2);
  const inputs = [Uint32Array.of(1, 2, 0), values, Uint32Array.of(3, 0, 9, 1), new Float32Array(12).fill(9)];
  const { gpu } = await checkKernel(expandTop, params, inputs);
  expect([...(gpu[3] ?? [])]).toEqual([-2, 2, -2, -2, 0, 0, 0, 0, 3, -1, -1, 5]);
});
