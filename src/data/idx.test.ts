// IDX files come out number by number, or are refused with what was found and what was wanted.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isIdx, largestDataFile, readIdx } from './idx.ts';
import { acceptedBy, damaged, fuzz, idxFile, idxTypes, refusal } from './readerTests.ts';

const classes = {
  u8: Uint8Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;
type TypeName = keyof typeof classes;
const typeNames: readonly TypeName[] = ['u8', 'i8', 'i16', 'i32', 'f32', 'f64'];
const images = idxFile(
  idxTypes.u8,
  [2, 3, 2],
  Array.from({ length: 12 }, (_, i) => 20 * i),
);

describe('what is read', () => {
  test('every type and shape comes out as it was written, in the array of its type', () => {
    const dims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...typeNames), dims, fc.nat(), (type, shape, first) => {
        const size = shape.reduce((product, n) => product * n, 1);
        const numbers = Array.from({ length: size }, (_, i) => Math.imul(first + i, 0x9e37_79b1) / 7);
        const values = classes[type].from(numbers);
        const read = readIdx('a', idxFile(idxTypes[type], shape, values));
        expect(read.dims).toEqual(shape);
        expect(read.values).toEqual(values);
      }),
      { ...fuzz, numRuns: 300 },
    );
  });

  test('the highest byte comes first', () => {
    const file = Uint8Array.of(0, 0, 0x0c, 1, 0, 0, 0, 2, 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xfe);
    expect([...readIdx('a', file).values]).toEqual([0x0102_0304, -2]);
  });

  test('a file that lies within a larger buffer is read from its own place', () => {
    const within = Uint8Array.of(9, 9, 9, ...images, 9).subarray(3, 3 + images.length);
    expect(readIdx('a', within)).toEqual(readIdx('a', images));
  });

  test('what is read does not change with the file', () => {
    const file = images.slice();
    const { values } = readIdx('a', file);
    file.fill(7);
    expect(values[1]).toBe(20);
  });
});

describe('refusals', () => {
  test.each([
    ['no byte at all', [], 'an empty file'],
    ['two bytes', [0, 0], '00 00'],
    ['a first byte other than 0', [1, 0, 8, 1, 0, 0, 0, 1, 5], '01 00 08 01'],
    ['a second byte other than 0', [0, 1, 8, 1, 0, 0, 0, 1, 5], '00 01 08 01'],
    ['a type that is none', [0, 0, 0x0a, 1, 0, 0, 0, 1, 5], '00 00 0a 01'],
    ['no dimension', [0, 0, 8, 0, 5], '00 00 08 00'],
    ['nine dimensions', [0, 0, 8, 9, ...new Array(37).fill(1)], '00 00 08 09'],
  ])('%s is no beginning of an IDX file', (_, bytes, got) => {
    const file = Uint8Array.from(bytes);
    expect(isIdx(file)).toBe(false);
    expect(refusal(() => readIdx('x.idx', file))).toMatchObject({ code: 'idx-magic', got });
  });

  test('a header that ends before its dimensions do is refused with both lengths', () => {
    for (let length = 4; length < 16; length++) {
      const detail = refusal(() => readIdx('x.idx', images.subarray(0, length)));
      expect(detail).toMatchObject({ code: 'idx-length', got: `${length} bytes` });
      expect(detail.wanted).toBe('a header of 16 bytes');
    }
  });

  test('a byte too few or too many is refused with both lengths', () => {
    for (const file of [images.subarray(0, 27), Uint8Array.of(...images, 0)]) {
      expect(refusal(() => readIdx('x.idx', file))).toMatchObject({
        code: 'idx-length',
        problem: 'x.idx is not as long as its header says',
        got: `${file.length} bytes`,
        wanted: '28 bytes for 2 × 3 × 2 numbers',
        control: 'data.file',
      });
    }
  });

  test('a dimension of length 0 is refused', () => {
    const file = idxFile(idxTypes.u8, [5, 0, 3], []);
    expect(refusal(() => readIdx('x.idx', file))).toMatchObject({ code: 'idx-empty', got: '5 × 0 × 3' });
  });

  test.each([
    [idxTypes.u8, 1],
    [idxTypes.f64, 8],
  ])(
    'a header that asks for more than the largest file is refused before anything is allocated',
    (type, width) => {
      const most = largestDataFile / width;
      const within = idxFile(type, [most], [1]);
      expect(refusal(() => readIdx('x.idx', within)).code).toBe('idx-length');
      const beyond = idxFile(type, [most + 1], [1]);
      expect(refusal(() => readIdx('x.idx', beyond))).toMatchObject({
        code: 'idx-too-large',
        got: `${most + 1} numbers`,
        wanted: 'at most 512 MiB',
      });
      const huge = idxFile(type, new Array(8).fill(0xffff_ffff), [1]);
      expect(refusal(() => readIdx('x.idx', huge)).code).toBe('idx-too-large');
    },
  );

  test('no damage gives more or fewer numbers than the shape says, or an error of another kind', () => {
    let accepted = 0;
    const headers = [Uint8Array.of(0, 0, 0x0d, 2), Uint8Array.of(0xff, 0xff, 0xff, 0xff), new Uint8Array(4)];
    const files = typeNames.map((type) => idxFile(idxTypes[type], [3, 2], [1, 2, 3, 4, 5, 6]));
    for (const file of [images, ...files]) {
      fc.assert(
        fc.property(damaged(file, headers), (bytes) => {
          const read = acceptedBy(() => readIdx('a', bytes));
          if (read === null) return;
          accepted += 1;
          const size = read.dims.reduce((product, n) => product * n, 1);
          expect(read.values).toHaveLength(size);
          expect(bytes).toHaveLength(4 + 4 * read.dims.length + read.values.byteLength);
        }),
        { ...fuzz, numRuns: 1_000 },
      );
    }
    expect(accepted).toBeGreaterThan(0);
  });
});
