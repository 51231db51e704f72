// The splits of the user's rows: disjoint, scaled, in the file's proportions, and the same for the same seeds.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { imageSet } from '../../e2e/models.ts';
import { type FileDataSpec, fileDataset, stratifiedOrder } from './fileDataset.ts';
import { acceptedBy, fuzz, refusal } from './readerTests.ts';
import type { Dataset, Split } from './task.ts';
import { readUserFiles, type UserData, userDataFingerprint } from './userFiles.ts';

function mnistLike(n: number, classes = 5): UserData {
  const set = imageSet({ n, side: 3, classes });
  const files = [set.images, set.labels].map((bytes, i) => ({ name: String(i), bytes }));
  const { data } = readUserFiles(files);
  if (data === undefined) throw new Error('no data');
  return data;
}

/** Rows of one real number, which is their own number in the file. */
function numbered(labels: readonly number[], classes = Math.max(...labels) + 1): UserData {
  const values = Float32Array.from(labels, (_, row) => row);
  return {
    images: { n: labels.length, shape: [1], values, unit: 'real' },
    labels: { n: labels.length, classes, values: Uint32Array.from(labels) },
  };
}

const plain: FileDataSpec = {
  task: 'file',
  fingerprint: '',
  mean: 0,
  std: 1,
  transfer: 50,
  labelled: 'all',
  validation: 20,
  test: 30,
  leaveOut: [],
  labelNoise: 0,
  dataSeed: 4,
};

const data = mnistLike(120);
const splitsOf = ({ transfer, validation, test }: Dataset): readonly Split[] => [transfer, validation, test];

describe('splits', () => {
  test('hold rows of the file, with their own pixels and labels, and share none', () => {
    const dataset = fileDataset(data, { ...plain, mean: 0.5, std: 0.25 }, 1);
    expect(splitsOf(dataset).map(({ n }) => n)).toEqual([50, 20, 30]);
    for (const split of splitsOf(dataset)) {
      for (const [at, row] of split.sampleIndex.entries()) {
        const pixels = Float32Array.from(
          data.images.values.slice(9 * row, 9 * row + 9),
          (x) => (x / 255 - 0.5) / 0.25,
        );
        expect(split.inputs.slice(9 * at, 9 * at + 9)).toEqual(pixels);
        expect(split.trueLabels[at]).toBe(data.labels.values[row]);
      }
    }
    expect(new Set(splitsOf(dataset).flatMap(({ sampleIndex }) => [...sampleIndex])).size).toBe(100);
    expect(dataset).toMatchObject({ inputShape: [1, 3, 3], classNames: ['0', '1', '2', '3', '4'] });
  });

  test('of any sizes and labels share no row and take no more than they were asked', () => {
    const options = fc.record({
      labels: fc.array(fc.nat(6), { minLength: 10, maxLength: 90 }),
      ...{ transfer: fc.integer({ min: 1, max: 30 }), validation: fc.integer({ min: 1, max: 12 }) },
      ...{ test: fc.integer({ min: 1, max: 12 }), dataSeed: fc.nat(0xffff_ffff), seed: fc.nat(0xffff_ffff) },
      leaveOut: fc.uniqueArray(fc.nat(6), { maxLength: 2 }),
      ...{ labelled: fc.oneof(fc.constant('all' as const), fc.nat(10)), labelNoise: fc.constantFrom(0, 0.3) },
    });
    let accepted = 0;
    fc.assert(
      fc.property(options, ({ labels, seed, ...rows }) => {
        const dataset = acceptedBy(() => fileDataset(numbered(labels, 7), { ...plain, ...rows }, seed));
        if (dataset === null) return;
        accepted += 1;
        const [transfer, validation, test] = splitsOf(dataset);
        expect([transfer?.n, validation?.n, test?.n]).toEqual([rows.transfer, rows.validation, rows.test]);
        const taken = splitsOf(dataset).flatMap(({ inputs }) => [...inputs]);
        expect(new Set(taken).size).toBe(rows.transfer + rows.validation + rows.test);
        expect(taken.every((row) => row < labels.length)).toBe(true);
        for (const label of dataset.transfer.trueLabels) expect(rows.leaveOut).not.toContain(label);
        for (const label of dataset.transfer.labels.filter((_, row) => dataset.transfer.labelled[row] === 1))
          expect(rows.leaveOut).not.toContain(label);
      }),
      fuzz,
    );
    expect(accepted).toBeGreaterThan(500);
  });

  test('may together take every row of the file, and not one more', () => {
    const whole = { ...plain, transfer: 70 };
    const rows = splitsOf(fileDataset(data, whole, 1)).flatMap(({ sampleIndex }) => [...sampleIndex]);
    expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, row) => row));
    expect(refusal(() => fileDataset(data, { ...whole, transfer: 71 }, 1))).toMatchObject({
      code: 'data-rows',
      got: '71 transfer, 20 validation and 30 test rows',
      wanted: 'at most 70 transfer rows of the 120 in the files',
      control: 'data.transfer',
    });
  });

  test('hold the classes in the proportions of the file, in whatever order it was', () => {
    const sorted = numbered(Array.from({ length: 100 }, (_, row) => (row < 60 ? 0 : row < 90 ? 1 : 2)));
    for (const split of splitsOf(fileDataset(sorted, plain, 1))) {
      const counts = [0, 1, 2].map((label) => split.trueLabels.filter((own) => own === label).length);
      for (const [label, share] of [0.6, 0.3, 0.1].entries())
        expect(Math.abs((counts[label] ?? 0) - share * split.n)).toBeLessThanOrEqual(2);
    }
  });

  test('a left-out class is gone from the transfer rows alone', () => {
    const { transfer, validation, test } = fileDataset(data, { ...plain, transfer: 40, leaveOut: [1, 4] }, 1);
    expect([...new Set(transfer.trueLabels)].sort()).toEqual([0, 2, 3]);
    for (const split of [validation, test]) expect(new Set(split.trueLabels).size).toBe(5);
  });

  test('validation and test carry every label, and the truth, whatever the transfer rows carry', () => {
    const { transfer, validation, test } = fileDataset(data, { ...plain, labelled: 10, labelNoise: 1 }, 1);
    expect(transfer.labelled.filter((given) => given === 1)).toHaveLength(10);
    for (const row of transfer.labels.keys())
      if (transfer.labelled[row] === 1) expect(transfer.labels[row]).not.toBe(transfer.trueLabels[row]);
    for (const split of [validation, test]) {
      expect(split.labels).toEqual(split.trueLabels);
      expect(split.labelled).toEqual(new Uint8Array(split.n).fill(1));
    }
  });
});

describe('seeds', () => {
  const spec = { ...plain, labelled: 25, labelNoise: 0.2 };
  const one = fileDataset(data, spec, 1);

  test('the same seeds give the same splits in the same order', () => {
    expect(fileDataset(mnistLike(120), spec, 1)).toEqual(one);
  });

  test('another replicate keeps every row and the fingerprint, and re-draws subset and noise', () => {
    const two = fileDataset(data, spec, 2);
    expect(splitsOf(two).map(({ inputs }) => inputs)).toEqual(splitsOf(one).map(({ inputs }) => inputs));
    expect([two.validation, two.test, two.fingerprint]).toEqual([one.validation, one.test, one.fingerprint]);
    expect(two.transfer.labelled).not.toEqual(one.transfer.labelled);
  });

  test('another data seed deals other rows', () => {
    const two = fileDataset(data, { ...spec, dataSeed: 5 }, 1);
    expect(two.test.sampleIndex).not.toEqual(one.test.sampleIndex);
    expect(two.fingerprint).not.toBe(one.fingerprint);
  });

  test('more transfer rows move no earlier row, and another validation no test row', () => {
    const more = fileDataset(data, { ...spec, transfer: 60 }, 1);
    expect(more.transfer.sampleIndex.slice(0, 50)).toEqual(one.transfer.sampleIndex);
    expect([more.validation, more.test]).toEqual([one.validation, one.test]);
    expect(fileDataset(data, { ...spec, validation: 5 }, 1).test).toEqual(one.test);
  });
});

test('any beginning of the order holds each class as often as its share says, to within a few rows', () => {
  const labels = fc.array(fc.oneof(fc.constant(0), fc.nat(3)), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(labels, fc.nat(0xffff_ffff), (list, dataSeed) => {
      const order = stratifiedOrder(Uint32Array.from(list), 4, dataSeed);
      expect([...order].sort((a, b) => a - b)).toEqual([...list.keys()]);
      const seen = [0, 0, 0, 0];
      for (const [at, row] of order.entries()) {
        const own = list[row] ?? 0;
        seen[own] = (seen[own] ?? 0) + 1;
        for (const label of [0, 1, 2, 3]) {
          const share = list.filter((other) => other === label).length / list.length;
          // One row for the class itself, and its share of one for each of the four.
          expect(Math.abs((seen[label] ?? 0) - share * (at + 1))).toBeLessThanOrEqual(1 + 4 * share);
        }
      }
    }),
    { ...fuzz, numRuns: 300 },
  );
});

describe('refusals', () => {
  test.each([
    [{ test: 100, validation: 20 }, 'fewer than 120 held out, the rows in the files', 'data.test'],
    [{ test: 121, validation: 1 }, 'fewer than 120 held out, the rows in the files', 'data.test'],
    [{ leaveOut: [0] }, 'at most 56 transfer rows without class 0 of the 120 in the files', 'data.transfer'],
  ])('too few rows for %j', (change, wanted, control) => {
    const asked = { ...plain, transfer: 60, ...change };
    expect(refusal(() => fileDataset(data, asked, 1))).toMatchObject({ code: 'data-rows', wanted, control });
  });

  test('other files than those that the run was made with are refused, with both fingerprints', () => {
    const fingerprint = userDataFingerprint(data);
    expect(fileDataset(data, { ...plain, fingerprint }, 1).transfer.n).toBe(50);
    const other = mnistLike(121);
    expect(refusal(() => fileDataset(other, { ...plain, fingerprint }, 1))).toMatchObject({
      code: 'data-fingerprint',
      got: userDataFingerprint(other),
      wanted: fingerprint,
    });
  });

  test.each([[[0, 1, 2, 3, 4]], [[5]], [[0.5]]])('the classes %j cannot be left out', (leaveOut) => {
    expect(refusal(() => fileDataset(data, { ...plain, leaveOut }, 1)).code).toBe('data-leave-out');
  });

  test('more labelled rows than transfer rows are refused', () => {
    expect(refusal(() => fileDataset(data, { ...plain, labelled: 51 }, 1)).code).toBe('data-labelled');
  });

  test('numbers that leave float32 when they are scaled are refused with their row', () => {
    const large = numbered(Array.from({ length: 100 }, (_, row) => row % 2));
    large.images.values[7] = 3e38;
    expect(fileDataset(large, plain, 1).transfer.inputs.every(Number.isFinite)).toBe(true);
    const detail = refusal(() => fileDataset(large, { ...plain, std: 1e-6 }, 1));
    expect(detail).toMatchObject({ code: 'data-scale', control: 'data.std' });
    expect(detail.got).toBe('Infinity in row 7 with mean 0 and deviation 0.000001');
  });

  test('bytes stay finite at the ends of every scale', () => {
    for (const mean of [-1e6, 1e6]) {
      const { transfer } = fileDataset(data, { ...plain, mean, std: 1e-6 }, 1);
      expect(transfer.inputs.every(Number.isFinite)).toBe(true);
    }
  });
});
