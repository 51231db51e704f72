// The user's files: each is told by its content, the data among them come out finite and of one size, or are refused.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gzip, imageSet, teacherModel } from '../../e2e/models.ts';
import { acceptedBy, damaged, fuzz, idxFile, idxTypes, refusal, textFile } from './readerTests.ts';
import { type DataFile, readUserFiles, type UserData, userDataFingerprint } from './userFiles.ts';

const set = imageSet({ n: 12, side: 4, classes: 3 });
const table = textFile('a,b,label\n1,2,0\n3.5,-4,1\n5,6,2\n');
const file = (name: string, bytes: Uint8Array): DataFile => ({ name, bytes });
const images = file('images-idx3-ubyte', set.images);
const labels = file('labels-idx1-ubyte', set.labels);
const kindsOf = (...files: readonly DataFile[]) => readUserFiles(files).files.map(({ kind }) => kind);

function dataOf(...files: readonly DataFile[]): UserData {
  const { data } = readUserFiles(files);
  if (data === undefined) throw new Error('no data');
  return data;
}

const imagesFile = (type: keyof typeof idxTypes, dims: readonly number[], values: ArrayLike<number>) =>
  file('x', idxFile(idxTypes[type], dims, values));

describe('what a file is', () => {
  test.each([
    ['images', images],
    ['images', file('renamed.bin', set.images)],
    ['images', file('a.gz', gzip(set.images))],
    ['labels', labels],
    ['labels', file('renamed', gzip(set.labels))],
    ['table', file('a.csv', table)],
    ['table', file('a.tsv', textFile('1\t0\n2\t1'))],
    ['table', file('a.csv.gz', gzip(table))],
    ['table', file('a.gz', gzip(table))],
    ['table', file('a.txt', table)],
    ['table', file('no ending', table)],
    ['model', file('teacher.onnx', teacherModel())],
    ['model', file('renamed', teacherModel())],
    ['external', file('teacher.onnx.data', new Uint8Array(100).fill(7))],
    ['external', file('notes.md', textFile('# Nothing but words'))],
    ['external', file('empty', new Uint8Array())],
  ] as const)('%s, by content (%o)', (kind, given) => {
    expect(kindsOf(given)).toEqual([kind]);
  });

  test.each([
    ['t10k-images-idx3-ubyte', 'idx-magic'],
    ['images.idx', 'idx-magic'],
    ['a.csv', 'csv-empty'],
    ['a.txt', 'csv-empty'],
  ])('a name that promises data is held to it: %s', (name, code) => {
    expect(refusal(() => readUserFiles([file(name, textFile('<!doctype html>'))])).code).toBe(code);
  });

  test('a gzip file that is cut is refused by its name', () => {
    const cut = gzip(set.images).slice(0, -3);
    expect(refusal(() => readUserFiles([file('a.gz', cut)]))).toMatchObject({
      code: 'gzip-broken',
      problem: 'a.gz is not a whole and sound gzip file',
    });
  });
});

describe('images and labels', () => {
  test('two files in any order, packed or not, are one set of data', () => {
    const plain = dataOf(images, labels);
    expect(plain.images).toMatchObject({ n: 12, shape: [1, 4, 4], unit: 'byte' });
    expect(plain.images.values).toEqual(set.images.slice(16));
    expect(plain.labels).toEqual({ n: 12, classes: 3, values: Uint32Array.from(set.trueLabels) });
    expect(dataOf(labels, images)).toEqual(plain);
    expect(dataOf(file('i', gzip(set.images)), file('l', gzip(set.labels)))).toEqual(plain);
  });

  test('a table is both, its rows without pictures', () => {
    const data = dataOf(file('a.csv', table));
    expect(data.images).toMatchObject({ n: 3, shape: [2], unit: 'real' });
    expect([...data.images.values]).toEqual([1, 2, 3.5, -4, 5, 6]);
    expect([...data.labels.values]).toEqual([0, 1, 2]);
  });

  test('models and external data beside them change nothing', () => {
    const others = [file('t.onnx', teacherModel()), file('t.data', new Uint8Array(8))];
    expect(dataOf(...others, images, labels)).toEqual(dataOf(images, labels));
    expect(kindsOf(...others, images, labels)).toEqual(['model', 'external', 'images', 'labels']);
  });

  test('what is missing is told', () => {
    expect(readUserFiles([])).toEqual({ files: [], data: undefined, missing: ['images', 'labels'] });
    expect(readUserFiles([labels]).missing).toEqual(['images']);
    expect(readUserFiles([images]).missing).toEqual(['labels']);
    expect(readUserFiles([images, labels]).missing).toEqual([]);
  });

  test.each([
    [[6, 2], [2]],
    [
      [2, 3, 2],
      [1, 3, 2],
    ],
    [
      [2, 1, 3, 2],
      [1, 3, 2],
    ],
  ])('rows of dimensions %j have the shape %j', (dims, shape) => {
    const file = readUserFiles([imagesFile('u8', dims, new Uint8Array(12))]).files[0];
    expect(file).toMatchObject({ kind: 'images', images: { n: dims[0], shape } });
  });

  test('numbers other than bytes are taken as they are', () => {
    for (const type of ['i8', 'i16', 'i32', 'f32', 'f64'] as const) {
      const [read] = readUserFiles([imagesFile(type, [2, 2], [-5, 0, 1, 100])]).files;
      expect(read).toMatchObject({ images: { unit: 'real', values: Float32Array.of(-5, 0, 1, 100) } });
    }
  });

  test('labels of any type of number are read where they are whole', () => {
    for (const type of ['u8', 'i8', 'i16', 'i32', 'f32', 'f64'] as const) {
      const [read] = readUserFiles([imagesFile(type, [3], [2, 0, 1])]).files;
      expect(read).toMatchObject({ labels: { n: 3, classes: 3, values: Uint32Array.of(2, 0, 1) } });
    }
  });
});

describe('refusals', () => {
  test('one label more or fewer than images is refused with both numbers', () => {
    for (const n of [11, 13]) {
      const other = file('labels', imageSet({ n, side: 4, classes: 3 }).labels);
      expect(refusal(() => readUserFiles([images, other]))).toMatchObject({
        code: 'data-file-rows',
        got: `12 images and ${n} labels`,
        control: 'data.file',
      });
    }
  });

  test.each([
    ['images', images, file('b', set.images), 'images-idx3-ubyte and b are both images'],
    ['labels', labels, file('b', set.labels), 'labels-idx1-ubyte and b are both labels'],
    ['tables', file('a.csv', table), file('b.csv', table), 'a.csv and b.csv are both images'],
    ['a table and images', file('a.csv', table), images, 'a.csv and images-idx3-ubyte are both images'],
    ['a table and labels', file('a.csv', table), labels, 'a.csv and labels-idx1-ubyte are both labels'],
  ])('two files of %s are refused by name', (_, first, second, problem) => {
    expect(refusal(() => readUserFiles([first, second]))).toMatchObject({ code: 'data-file-twice', problem });
  });

  test('more than channels × height × width is refused with its dimensions', () => {
    const five = imagesFile('u8', [1, 2, 1, 2, 1], new Uint8Array(4));
    expect(refusal(() => readUserFiles([five]))).toMatchObject({
      code: 'data-file-shape',
      got: '1 × 2 × 1 × 2 × 1',
    });
  });

  test.each([
    ['f32', Number.NaN, 'NaN at place 2'],
    ['f32', Number.POSITIVE_INFINITY, 'Infinity at place 2'],
    ['f64', Number.NEGATIVE_INFINITY, '-Infinity at place 2'],
    ['f64', 1e300, 'Infinity at place 2'],
  ] as const)('a %s pixel that float32 cannot hold, %d, is refused with its place', (type, value, got) => {
    const given = imagesFile(type, [2, 2], [0, 1, value, 3]);
    expect(refusal(() => readUserFiles([given]))).toMatchObject({ code: 'data-file-finite', got });
  });

  test.each([
    ['i8', [0, -1, 1], 'x, row 1', '-1'],
    ['f32', [0, 1, 1.5], 'x, row 2', '1.5'],
    ['f64', [Number.NaN, 1], 'x, row 0', 'NaN'],
    ['f64', [0, Number.POSITIVE_INFINITY], 'x, row 1', 'Infinity'],
    ['i32', [0, 200_000], 'x, row 1', '200000'],
    ['u8', [0, 0, 0], 'x', 'only class 0'],
  ] as const)('labels %s %j are refused with the row', (type, values, where, got) => {
    expect(refusal(() => readUserFiles([imagesFile(type, [values.length], values)]))).toMatchObject({
      code: 'data-file-labels',
      problem: `Labels are wrong: ${where}`,
      got,
    });
  });

  test('the last class that there may be is read', () => {
    const [read] = readUserFiles([imagesFile('i32', [2], [0, 199_999])]).files;
    expect(read).toMatchObject({ labels: { classes: 200_000 } });
  });

  test('a million rows are read, and one more is refused', () => {
    const most = new Uint8Array(1_000_001).map((_, row) => row % 2);
    expect(kindsOf(imagesFile('u8', [1_000_000], most.subarray(1)))).toEqual(['labels']);
    expect(kindsOf(imagesFile('u8', [1_000_000, 1], most.subarray(1)))).toEqual(['images']);
    for (const dims of [[1_000_001], [1_000_001, 1]]) {
      expect(refusal(() => readUserFiles([imagesFile('u8', dims, most)]))).toMatchObject({
        code: 'data-file-rows',
        got: '1000001',
      });
    }
  });
});

describe('the fingerprint', () => {
  const data = dataOf(images, labels);

  test('is the same for the same content, packed or not, and wherever in memory it lies', () => {
    const fingerprint = userDataFingerprint(data);
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(userDataFingerprint(dataOf(file('i', gzip(set.images)), labels))).toBe(fingerprint);
    for (const offset of [1, 2, 3, 4]) {
      const within = new Uint8Array(data.images.values.length + offset);
      within.set(data.images.values, offset);
      const moved = { ...data.images, values: within.subarray(offset) };
      expect(userDataFingerprint({ ...data, images: moved })).toBe(fingerprint);
    }
  });

  test('changes with every pixel, every label, the shape and the unit', () => {
    const odd = imageSet({ n: 7, side: 3, classes: 3 });
    const oddData = dataOf(file('i', odd.images), file('l', odd.labels));
    const seen = new Set([userDataFingerprint(oddData)]);
    for (const at of oddData.images.values.keys()) {
      const values = Uint8Array.from(oddData.images.values, (value, i) => (i === at ? value ^ 1 : value));
      seen.add(userDataFingerprint({ ...oddData, images: { ...oddData.images, values } }));
    }
    for (const row of oddData.labels.values.keys()) {
      const values = oddData.labels.values.map((value, i) => (i === row ? value ^ 1 : value));
      seen.add(userDataFingerprint({ ...oddData, labels: { ...oddData.labels, values } }));
    }
    seen.add(userDataFingerprint({ ...oddData, images: { ...oddData.images, shape: [9] } }));
    seen.add(userDataFingerprint({ ...oddData, images: { ...oddData.images, unit: 'real' } }));
    expect(seen.size).toBe(1 + 63 + 7 + 2);
  });
});

describe('damaged files', () => {
  const floats = idxFile(idxTypes.f32, [3, 2], [1, 2, 3, 4, 5, 6]);
  const three = idxFile(idxTypes.u8, [3], [0, 1, 2]);
  const nonFinite = [
    Uint8Array.of(0x7f, 0x80, 0, 0),
    Uint8Array.of(0xff, 0xc0, 0, 1),
    textFile('nan'),
    textFile(','),
  ];

  test.each([
    ['images', images, [labels]],
    ['packed images', file('i', gzip(set.images)), [labels]],
    ['real numbers', file('f', floats), [file('l', three)]],
    ['labels', labels, [images]],
    ['packed labels', file('l', gzip(set.labels)), [images]],
    ['a table', file('a.csv', table), []],
    ['a packed table', file('a.csv.gz', gzip(table)), []],
  ])(
    '%s never give numbers that are not finite, sizes that do not fit or another error',
    (_, target, others) => {
      fc.assert(
        fc.property(damaged(target.bytes, nonFinite), (bytes) => {
          const data = acceptedBy(() => readUserFiles([{ ...target, bytes }, ...others]))?.data;
          if (data === undefined) return;
          const size = data.images.shape.reduce((product, n) => product * n, 1);
          expect(data.labels.n).toBe(data.images.n);
          expect(data.labels.values).toHaveLength(data.images.n);
          expect(data.images.values).toHaveLength(data.images.n * size);
          expect(data.images.values.every(Number.isFinite)).toBe(true);
          expect(data.labels.values.every((label) => label < data.labels.classes)).toBe(true);
          expect(userDataFingerprint(data)).toMatch(/^[0-9a-f]{16}$/);
        }),
        fuzz,
      );
    },
  );

  test('any bytes under any name are read, left alone or refused by a StillroomError', () => {
    const name = fc.constantFrom('a', 'a.csv', 'a.txt', 'a-ubyte', 'a.idx', 'a.onnx', 'a.csv.gz');
    const start = fc.constantFrom(
      [],
      [0, 0, 8, 1],
      [0, 0, 13, 2, 0, 0, 0, 1],
      [0x1f, 0x8b, 8, 0],
      [0x08, 0x07, 0x12],
    );
    const text = fc.string({ unit: 'binary-ascii', maxLength: 60 }).map(textFile);
    fc.assert(
      fc.property(name, start, fc.oneof(fc.uint8Array({ maxLength: 60 }), text), (name, head, rest) => {
        const result = acceptedBy(() => readUserFiles([file(name, Uint8Array.of(...head, ...rest))]));
        if (result !== null) expect(result.files).toHaveLength(1);
      }),
      fuzz,
    );
  });
});
