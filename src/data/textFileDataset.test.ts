import { describe, expect, test } from 'vitest';
import { refusal, textFile } from './readerTests.ts';
import {
  fingerprintOf,
  type TextDataSpec,
  textFileDataset,
  textSamples,
  textShares,
  type UserText,
} from './textFileDataset.ts';
import { byteTokenizer, characterTokenizer, teacherTokenizer } from './tokenizers.ts';

const textOf = (...documents: string[]): UserText => ({ documents, tokenizer: null });
const spec: TextDataSpec = {
  ...{ task: 'text', fingerprint: '', tokenizer: 'character', column: '', length: 4 },
  ...{ transfer: 4, validation: 1, test: 1, labelled: 'all', leaveOut: [], labelNoise: 0, dataSeed: 1 },
};

/** Two words and a mark, by words. */
const tokenizerFile = textFile(
  JSON.stringify({
    version: '1.0',
    added_tokens: [
      {
        id: 2,
        content: '<s>',
        special: true,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: { la: 0, lo: 1, '<s>': 2 }, unk_token: 'lo' },
  }),
);

describe("a user's text", () => {
  const dataset = textFileDataset(textOf('abcdefgh', 'ijklm', 'nopqrst'), spec, 1);
  const pieces = dataset.classNames;
  const shown = (tokens: Uint32Array, valid?: Uint8Array) =>
    Array.from(tokens, (token, i) => (valid?.[i] === 0 ? '' : pieces[token])).join('');

  test('is cut into samples that go on where the one before ended', () => {
    const { transfer } = dataset;
    expect(shown(transfer.inputs as Uint32Array)).toBe('⊢abcdefg⊢ijklm⊢⊢');
    expect(shown(transfer.trueLabels, transfer.valid)).toBe('abcdefghijklm');
  });

  test('has no label from another document, and no row that counts after the end of one', () => {
    expect([...dataset.transfer.valid].join('')).toBe('1111111111111000');
    expect(shown(dataset.validation.inputs as Uint32Array)).toBe('⊢nop');
  });

  test('is held out in whole stretches: validation, then test, at its end', () => {
    expect(shown(dataset.validation.trueLabels)).toBe('nopq');
    expect(shown(dataset.test.inputs as Uint32Array).slice(0, 3)).toBe('qrs');
    expect(shown(dataset.test.trueLabels, dataset.test.valid)).toBe('rst');
  });

  test('that is too short is refused with the number of samples that there are', () => {
    const { code, wanted } = refusal(() => textFileDataset(textOf('abcdefgh'), spec, 1));
    expect([code, wanted]).toEqual(['data-rows', 'at most 2 samples together']);
  });

  test('of another run is refused', () => {
    const text = textOf('abcdefgh'.repeat(9));
    const own = { ...spec, fingerprint: fingerprintOf(text) };
    expect(textFileDataset(text, own, 1).transfer.n).toBe(4);
    expect(refusal(() => textFileDataset(textOf('xbcdefgh'.repeat(9)), own, 1)).code).toBe(
      'data-fingerprint',
    );
  });

  test('is shared out so that all of it fits', () => {
    const text = textOf('abcdefgh'.repeat(99));
    const shares = textShares(textSamples(text, spec));
    const { transfer, validation, test: held } = textFileDataset(text, { ...spec, ...shares }, 1);
    expect(transfer.n + validation.n + held.n).toBe(198);
    expect([validation.n, held.n]).toEqual([9, 9]);
  });
});

describe('tokenizers', () => {
  test('by character: code points, not halves of them', () => {
    const { vocabulary, encode } = characterTokenizer(['b😀a']);
    expect(vocabulary.pieces).toEqual(['⊢', 'a', 'b', '😀']);
    expect(encode('a😀')).toEqual([1, 3]);
  });

  test('by byte: a character of several bytes counts once', () => {
    const { vocabulary, encode } = byteTokenizer();
    const tokens = encode('aé😀');
    expect(tokens.length).toBe(7);
    expect(tokens.reduce((sum, token) => sum + (vocabulary.characters[token] ?? 0), 0)).toBe(3);
  });

  test("the teacher's own: its ids, as many classes as it has logits, and its mark of a beginning", async () => {
    const { vocabulary, encode } = await teacherTokenizer(tokenizerFile, 8);
    expect(encode('la lo la')).toEqual([0, 1, 0]);
    expect([vocabulary.pieces.length, vocabulary.begin]).toEqual([8, 2]);
    const text: UserText = {
      documents: ['la lo lo la la lo'.repeat(5)],
      tokenizer: { file: tokenizerFile, read: { vocabulary, encode } },
    };
    const { classNames, transfer } = textFileDataset(text, { ...spec, tokenizer: 'teacher' }, 1);
    expect(classNames.slice(0, 2)).toEqual(['la', 'lo']);
    expect([...transfer.inputs].slice(0, 4)).toEqual([2, 0, 1, 1]);
  });

  test("the teacher's own is asked for where it is wanted and not there, and refused where it is none", async () => {
    const wanting: TextDataSpec = { ...spec, tokenizer: 'teacher' };
    expect(refusal(() => textFileDataset(textOf('abc'), wanting, 1)).code).toBe('data-tokenizer');
    await expect(teacherTokenizer(textFile('{"model": 3}'), null)).rejects.toMatchObject({
      detail: { code: 'lm-tokenizer' },
    });
  });
});
