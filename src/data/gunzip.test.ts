// Gzip files come out whole or are refused: none is inflated past its cap, and none that was cut or changed passes.
import { constants, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gunzip, isGzip } from './gunzip.ts';
import { acceptedBy, damaged, fuzz, refusal, textFile } from './readerTests.ts';

const cap = 1 << 20;
const pack = (content: Uint8Array, level = 6) => new Uint8Array(gzipSync(content, { level }));
const join = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
/** Noise, so that a packed file is longer than the piece in which it is inflated. */
const noise = (length: number) =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e37_79b1) ^ (i * i)) >>> 13);

describe('whole files', () => {
  test.each([0, 1, 16_383, 16_384, 16_385, 200_000])('%d bytes come out as they went in', (length) => {
    const content = noise(length);
    for (const level of [0, 1, 9]) expect(gunzip('a.gz', pack(content, level), cap)).toEqual(content);
  });

  test('a file of several members is one content', () => {
    const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(40_000)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.constantFrom(0, 6), (lengths, level) => {
        const contents = lengths.map(noise);
        const file = join(...contents.map((content) => pack(content, level)));
        expect(gunzip('a.gz', file, cap)).toEqual(join(...contents));
      }),
      { ...fuzz, numRuns: 60 },
    );
  });

  test('a header with a name, a comment and extra bytes is passed over', () => {
    const plain = pack(textFile('pixels'));
    const header = [0x1f, 0x8b, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 3];
    const fields = [2, 0, 9, 9, ...textFile('a.csv\0'), ...textFile('mine\0')];
    const file = Uint8Array.of(...header, ...fields, ...plain.subarray(10));
    expect(gunzip('a.gz', file, cap)).toEqual(textFile('pixels'));
  });

  test('a file that lies within a larger buffer is read from its own place', () => {
    const file = pack(textFile('pixels'));
    const within = join(Uint8Array.of(1, 2, 3), file, Uint8Array.of(4)).subarray(3, 3 + file.length);
    expect(gunzip('a.gz', within, cap)).toEqual(textFile('pixels'));
  });

  test('two bytes tell a gzip file', () => {
    expect(isGzip(pack(new Uint8Array()))).toBe(true);
    for (const bytes of [[], [0x1f], [0x1f, 0x8a], [0x8b, 0x1f]])
      expect(isGzip(Uint8Array.from(bytes))).toBe(false);
  });
});

describe('the cap', () => {
  test('content of exactly the cap is whole, and one byte more is refused', () => {
    const file = pack(noise(50_000));
    expect(gunzip('a.gz', file, 50_000)).toHaveLength(50_000);
    expect(refusal(() => gunzip('a.gz', file, 49_999))).toMatchObject({
      code: 'gzip-too-large',
      problem: 'a.gz is too large when unpacked',
      got: 'more than 49999 bytes',
      control: 'data.file',
    });
  });

  test('a bomb is cut off while it is inflated: what follows the cap is never looked at', () => {
    const bomb = pack(new Uint8Array(8 * cap));
    const spoiled = join(bomb, new Uint8Array(100_000).fill(0xff));
    expect(refusal(() => gunzip('a.gz', spoiled, 8 * cap)).code).toBe('gzip-broken');
    expect(refusal(() => gunzip('a.gz', spoiled, 8 * cap - 1)).code).toBe('gzip-too-large');
    const cut = bomb.subarray(0, bomb.length - 9);
    expect(refusal(() => gunzip('a.gz', cut, cap)).code).toBe('gzip-too-large');
  });

  test('a bomb of many members, 32 GiB in all, is cut off as well', () => {
    const member = pack(new Uint8Array(8 * cap));
    const file = join(...Array.from({ length: 4_096 }, () => member));
    expect(refusal(() => gunzip('a.gz', file, 8 * cap)).code).toBe('gzip-too-large');
  });

  test('members without content are counted, so that they cannot take all the time', () => {
    const empty = pack(new Uint8Array());
    const members = (count: number) => join(...Array.from({ length: count }, () => empty));
    expect(gunzip('a.gz', members(1_000), cap)).toHaveLength(0);
    expect(refusal(() => gunzip('a.gz', members(2 ** 16 + 1), cap))).toMatchObject({
      code: 'gzip-too-large',
      got: 'more than 65536 parts',
    });
  });
});

describe('damaged files', () => {
  const content = textFile('0,1,2,3\n'.repeat(20));
  const file = join(pack(content), pack(textFile('4,5,6,7\n')));
  const whole = join(content, textFile('4,5,6,7\n'));

  test('a file that is cut anywhere is refused, but for the end of a member', () => {
    const first = pack(content).length;
    for (let length = 0; length < file.length; length++) {
      if (length === first) continue;
      expect(refusal(() => gunzip('a.gz', file.subarray(0, length), cap)).code).toBe('gzip-broken');
    }
    expect(gunzip('a.gz', file.subarray(0, first), cap)).toEqual(content);
  });

  test('a flipped bit is found, or lies in the header and changes nothing', () => {
    let found = 0;
    for (let bit = 0; bit < 8 * file.length; bit++) {
      const flipped = file.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const result = acceptedBy(() => gunzip('a.gz', flipped, cap));
      if (result === null) found += 1;
      else expect(result).toEqual(whole);
    }
    // Two headers have 6 bytes of time and system, and a few flags, that mean nothing here.
    expect(found).toBeGreaterThan(8 * (file.length - 2 * 8));
  });

  test('bytes after the end are refused, however few', () => {
    for (const extra of [1, 3, 4, 18, 40])
      expect(refusal(() => gunzip('a.gz', join(file, new Uint8Array(extra)), cap)).code).toBe('gzip-broken');
  });

  test('no damage gives other bytes, or another error than the two of gzip', () => {
    const stored = new Uint8Array(gzipSync(content, { level: constants.Z_NO_COMPRESSION }));
    const pieces = [
      file.subarray(0, 12),
      Uint8Array.of(0x1f, 0x8b, 8, 0xff),
      Uint8Array.of(0, 0, 0xff, 0xff),
    ];
    let refused = 0;
    const check = (bytes: Uint8Array, allowed: readonly Uint8Array[]) => {
      const result = acceptedBy(() => gunzip('a.gz', bytes, cap));
      if (result === null) refused += 1;
      else expect(allowed).toContainEqual(result);
    };
    fc.assert(
      fc.property(damaged(file, pieces), (bytes) => check(bytes, [whole, content])),
      fuzz,
    );
    fc.assert(
      fc.property(damaged(stored, pieces), (bytes) => check(bytes, [content])),
      fuzz,
    );
    expect(refused).toBeGreaterThan(fuzz.numRuns);
  });

  test('random bytes behind a header are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const random = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, ...bytes);
        expect(refusal(() => gunzip('a.gz', random, cap)).code).toMatch(/^gzip-(broken|too-large)$/);
      }),
      fuzz,
    );
  });
});
