import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptedBy, fuzz, refusal, textFile } from './readerTests.ts';
import { readDocuments, textFingerprint } from './textFiles.ts';

const read = (name: string, text: string, column = '') => readDocuments(name, textFile(text), column);

describe('a text', () => {
  test('as a plain file is one document, with line ends as \\n', () => {
    expect(read('a.txt', 'One.\r\nTwo.\n')).toEqual(['One.\nTwo.\n']);
  });

  test('as lines of JSON is one document a line, by the field that is named', () => {
    const lines = '{"text":"One\\nand on"}\n\n{"text":"Two","other":"x"}\n';
    expect(read('a.jsonl', lines)).toEqual(['One\nand on', 'Two']);
    expect(read('a.jsonl', lines.split('\n').at(-2) ?? '', 'other')).toEqual(['x']);
  });

  test('as a CSV column is one document a row, quotes, separators and line ends in it included', () => {
    const table = 'id,text\r\n1,"She said ""no"", twice.\nThen left."\r\n2,Plain\r\n';
    expect(read('a.csv', table)).toEqual(['She said "no", twice.\nThen left.', 'Plain']);
    expect(read('a.tsv', 'text\tn\nOne, two\t3')).toEqual(['One, two']);
  });

  test('any table of strings comes back as it was written', () => {
    const cell = fc.string({ minLength: 1, unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é') });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const kept = rows.filter(([, text]) => text.trim() !== '').map(([, text]) => text);
        if (kept.length === 0) return;
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const table = ['id,text', ...rows.map((row) => row.map(quoted).join(','))].join('\r\n');
        expect(read('a.csv', table)).toEqual(kept);
      }),
      { ...fuzz, numRuns: 500 },
    );
  });

  test('that is no UTF-8, no JSON, has no such column, an open quote or nothing in it is refused with the reason', () => {
    const codeOf = (name: string, text: string) => refusal(() => read(name, text)).code;
    expect(refusal(() => readDocuments('a.txt', Uint8Array.of(0xff, 0xfe, 0x41), '')).code).toBe(
      'text-encoding',
    );
    expect(codeOf('a.jsonl', '{"text":"a"}\nnot json')).toBe('text-json');
    expect(codeOf('a.jsonl', '{"body":"a"}')).toBe('text-column');
    expect(codeOf('a.csv', 'id,body\n1,a')).toBe('text-column');
    expect(codeOf('a.csv', 'text\n"never closed')).toBe('text-csv');
    expect(codeOf('a.txt', ' \n ')).toBe('text-empty');
  });

  test('whatever bytes a file holds, it is read or refused with an error of ours', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.constantFrom('a.txt', 'a.jsonl', 'a.csv', 'a.csv.gz'),
        (bytes, name) => {
          acceptedBy(() => readDocuments(name, bytes, ''));
        },
      ),
      { ...fuzz, numRuns: 1_000 },
    );
  });
});

test('two ways of cutting the same characters into documents have different fingerprints', () => {
  expect(textFingerprint(['ab', 'c'], null)).not.toBe(textFingerprint(['a', 'bc'], null));
  expect(textFingerprint(['ab'], null)).not.toBe(textFingerprint(['ab'], Uint8Array.of(1)));
});
