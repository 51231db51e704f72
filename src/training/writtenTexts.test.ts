import { describe, expect, test } from 'vitest';
import type { Vocabulary } from '../data/textTask.ts';
import { decodeTexts, encodeTexts, writeTexts } from './writtenTexts.ts';

const vocabulary: Vocabulary = {
  pieces: ['⊢', '⊣', 'a', 'b'],
  characters: Uint8Array.of(0, 0, 1, 1),
  begin: 0,
  end: 1,
  encode: () => [],
};
const [texts, positions] = [200, 6];

/** After the mark of the beginning a or b, one in four a; after a always b; after b the end. */
function answer(inputs: Uint32Array): Promise<Float32Array> {
  const rows = [
    [9, -9, 0, Math.log(3)],
    [0, 0, 0, 0],
    [-99, -99, -99, 0],
    [-99, 0, -99, -99],
  ];
  return Promise.resolve(Float32Array.from([...inputs].flatMap((token) => rows[token] ?? [])));
}

const options = { texts, positions, vocabulary, seed: 4 };

describe('texts that a model writes', () => {
  test('follow its own distribution, never hold the mark of a beginning, and end where it ends them', async () => {
    const written = await writeTexts(answer, options);
    const all = Array.from({ length: texts }, (_, i) =>
      [...written.subarray(i * positions, (i + 1) * positions)].join(''),
    );
    expect(new Set(all)).toEqual(new Set(['231000', '310000']));
    const withA = all.filter((text) => text.startsWith('2')).length;
    // Binomial: three standard deviations around a quarter.
    expect(Math.abs(withA - texts / 4)).toBeLessThan(3 * Math.sqrt(texts * (1 / 4) * (3 / 4)));
  });

  test('are the same for the same seed, and come back from their file as sequences of a data set', async () => {
    const written = await writeTexts(answer, options);
    expect(await writeTexts(answer, options)).toEqual(written);
    const sequences = decodeTexts(encodeTexts(written), positions, vocabulary);
    expect(sequences.length).toBe(texts);
    expect(sequences[0]?.tokens).toEqual([...written.subarray(0, positions)].filter((token) => token !== 0));
  });

  test('of another vocabulary or length are refused', () => {
    expect(() => decodeTexts(Uint8Array.of(2, 9), 2, vocabulary)).toThrow(
      expect.objectContaining({ code: 'written-invalid' }),
    );
    expect(() => decodeTexts(Uint8Array.of(2, 3, 1), 2, vocabulary)).toThrow(
      expect.objectContaining({ code: 'written-invalid' }),
    );
  });
});
