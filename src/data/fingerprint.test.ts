// Fingerprints are kept in links and packs, so they must stay what they are.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fingerprint } from './fingerprint.ts';
import { fuzz } from './readerTests.ts';

const words = fc.array(fc.nat(0xffff_ffff), { maxLength: 12 });
const hexOf = (list: readonly number[]) => new Fingerprint().words(Uint32Array.from(list)).hex();

test('words in pieces have the fingerprint of the whole', () => {
  fc.assert(
    fc.property(words, words, (first, second) => {
      const pieces = new Fingerprint().words(Uint32Array.from(first)).words(Uint32Array.from(second));
      expect(pieces.hex()).toBe(hexOf([...first, ...second]));
      expect(pieces.hex()).toMatch(/^[0-9a-f]{16}$/);
    }),
    { ...fuzz, numRuns: 300 },
  );
});

test('other words, another order and one zero more have other fingerprints', () => {
  fc.assert(
    fc.property(words, words, (first, second) => {
      fc.pre(first.join() !== second.join());
      expect(hexOf(first)).not.toBe(hexOf(second));
      expect(hexOf([...first, 0])).not.toBe(hexOf(first));
    }),
    fuzz,
  );
  expect(hexOf([1, 2])).not.toBe(hexOf([2, 1]));
});

test('a flip of one bit changes both halves', () => {
  const plain = hexOf([7, 0, 9]);
  for (let bit = 0; bit < 32; bit++) {
    const flipped = hexOf([7, 2 ** bit, 9]);
    expect(flipped.slice(0, 8)).not.toBe(plain.slice(0, 8));
    expect(flipped.slice(8)).not.toBe(plain.slice(8));
  }
});

test('texts do not run together', () => {
  const of = (...texts: string[]) => texts.reduce((hash, text) => hash.text(text), new Fingerprint()).hex();
  const all = [
    of('ab', 'c'),
    of('a', 'bc'),
    of('abc'),
    of('abc', ''),
    of('', 'abc'),
    of('äöü'),
    of('🙂'),
    of(),
  ];
  expect(new Set(all).size).toBe(all.length);
});

test('known words have the fingerprint that they always had', () => {
  expect(new Fingerprint().hex()).toBe('811c9dc59e3779b9');
  expect(hexOf([0, 1, 2, 0xffff_ffff])).toBe('9fd7e1d57418ce5f');
});
