import { describe, expect, test } from 'vitest';
import { textDataset, textSplit } from './textDataset.ts';
import type { Vocabulary } from './textTask.ts';

const vocabulary: Vocabulary = {
  pieces: ['⊢', '⊣', 'a', 'b', 'c'],
  characters: Uint8Array.of(0, 0, 1, 1, 1),
  begin: 0,
  end: 1,
  encode: () => [],
};
const sequence = (...tokens: number[]) => ({ tokens, entropy: null });

describe('a split of texts', () => {
  const split = textSplit(vocabulary, 4, {
    sequences: [sequence(2, 3, 1), sequence(4, 4, 4, 4, 4)],
    seed: 1,
    labelled: 'all',
  });

  test('asks each position for the next token', () => {
    expect([...split.inputs]).toEqual([0, 2, 3, 1, 0, 4, 4, 4]);
    expect([...split.trueLabels]).toEqual([2, 3, 1, 0, 4, 4, 4, 4]);
  });

  test('counts nothing after the end of a text, and no label is of another text', () => {
    expect([...split.valid]).toEqual([1, 1, 1, 0, 1, 1, 1, 1]);
  });

  test('gives the labels of whole texts, as many as asked, and others with another seed', () => {
    const sequences = Array.from({ length: 20 }, () => sequence(2, 3, 4, 1));
    const of = (seed: number) => textSplit(vocabulary, 4, { sequences, seed, labelled: 5 }).labelled;
    const texts = Array.from({ length: 20 }, (_, i) => [...of(1).subarray(4 * i, 4 * i + 4)].join(''));
    expect(texts.filter((one) => one === '1111').length).toBe(5);
    expect(texts.filter((one) => one === '0000').length).toBe(15);
    expect(of(2)).not.toEqual(of(1));
  });

  test('has entropies only where the source of every text is known', () => {
    const known = { tokens: [2, 1], entropy: [0.5, 0] };
    const of = (sequences: Parameters<typeof textSplit>[2]['sequences']) =>
      textSplit(vocabulary, 3, { sequences, seed: 1, labelled: 'all' }).entropy;
    expect([...(of([known]) ?? [])]).toEqual([0.5, 0, 0]);
    expect(of([known, sequence(2)])).toBeUndefined();
  });
});

test('padding enters the fingerprint of the data', () => {
  const of = (tokens: readonly number[]) => {
    const given = { sequences: [{ tokens, entropy: null }], seed: 1, labelled: 'all' } as const;
    return textDataset(vocabulary, 4, { transfer: given, validation: given, test: given }).fingerprint;
  };
  // Padding is labelled 0, and so is the token 0.
  expect(of([2, 3, 0, 0])).not.toBe(of([2, 3]));
});
