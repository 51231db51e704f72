import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildDataset, buildSplit } from './dataset.ts';
import { splitFingerprint } from './fingerprint.ts';
import { giveLabels } from './labels.ts';
import { planeTask } from './planes.ts';
import { type Split, streams, type Task } from './task.ts';

/** Ten classes in turn; the sample's own key is its input, so that a shared sample would show. */
const counter: Task = {
  id: 'counter',
  title: 'Counter',
  inputShape: [3],
  classNames: Array.from({ length: 10 }, (_, label) => String(label)),
  sample(seed, stream, index, into, offset) {
    into.set([seed, stream, index], offset);
    return (index * 7) % 10;
  },
};

const counts = { transfer: 500, validation: 60, test: 80 };
const rowsOf = (split: Split) =>
  Array.from({ length: split.n }, (_, row) => split.inputs.slice(3 * row, 3 * row + 3).join());

describe('splits', () => {
  test('have the asked numbers of rows and share no sample', () => {
    const { transfer, validation, test: held } = buildDataset(counter, { ...counts, dataSeed: 4, seed: 1 });
    expect([transfer.n, validation.n, held.n]).toEqual([500, 60, 80]);
    const all = [transfer, validation, held].flatMap(rowsOf);
    expect(new Set(all).size).toBe(640);
  });

  test("share no sample with a built-in teacher's training or test rows", () => {
    const seen = Object.values(streams).map((stream) =>
      rowsOf(buildSplit(counter, { dataSeed: 4, seed: 1, stream, n: 100 })),
    );
    expect(new Set(seen.flat()).size).toBe(100 * Object.keys(streams).length);
  });

  test('a left-out class is absent from the transfer rows, which are still as many', () => {
    const leaveOut = [3, 8];
    const data = buildDataset(counter, { ...counts, dataSeed: 4, seed: 1, leaveOut });
    expect(data.transfer.n).toBe(500);
    expect([...new Set(data.transfer.trueLabels)].sort()).toEqual([0, 1, 2, 4, 5, 6, 7, 9]);
    expect(new Set(data.validation.trueLabels).size).toBe(10);
    expect(new Set(data.test.trueLabels).size).toBe(10);
  });

  test('leaving out every class, or one that is not there, is refused', () => {
    const task = planeTask('moons', 0.1);
    for (const leaveOut of [[0, 1], [2], [-1], [0.5]]) {
      expect(() => buildDataset(task, { ...counts, dataSeed: 1, seed: 1, leaveOut })).toThrow(
        expect.objectContaining({ code: 'data-leave-out' }),
      );
    }
  });

  test('a split beyond memory is refused before it is allocated', () => {
    expect(() => buildSplit(counter, { dataSeed: 1, seed: 1, stream: 3, n: 2 ** 27 })).toThrow(
      expect.objectContaining({ code: 'data-too-large' }),
    );
  });

  test('another replicate keeps every row and the fingerprint, and re-draws subset and noise', () => {
    const options = { ...counts, dataSeed: 4, labelled: 100, labelNoise: 0.2 };
    const one = buildDataset(counter, { ...options, seed: 1 });
    const two = buildDataset(counter, { ...options, seed: 2 });
    expect(two.transfer.inputs).toEqual(one.transfer.inputs);
    expect(two.test).toEqual(one.test);
    expect(two.fingerprint).toBe(one.fingerprint);
    expect(two.transfer.labelled).not.toEqual(one.transfer.labelled);
    expect(buildDataset(counter, { ...options, seed: 1 })).toEqual(one);
  });

  test('another data seed changes the rows and the fingerprint', () => {
    const one = buildDataset(counter, { ...counts, dataSeed: 4, seed: 1 });
    const two = buildDataset(counter, { ...counts, dataSeed: 5, seed: 1 });
    expect(two.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(two.fingerprint).not.toBe(one.fingerprint);
  });

  test('one changed input or label changes the fingerprint', () => {
    const split = buildSplit(counter, { dataSeed: 1, seed: 1, stream: 3, n: 50 });
    const before = splitFingerprint(split);
    fc.assert(
      fc.property(fc.nat(149), fc.nat(49), (at, row) => {
        const inputs = Float32Array.from(split.inputs);
        inputs[at] = (inputs[at] ?? 0) + 1;
        expect(splitFingerprint({ ...split, inputs })).not.toBe(before);
        const trueLabels = Uint32Array.from(split.trueLabels);
        trueLabels[row] = ((trueLabels[row] ?? 0) + 1) % 10;
        expect(splitFingerprint({ ...split, trueLabels })).not.toBe(before);
      }),
      { numRuns: 50 },
    );
  });

  test('unlabelled points from the whole picture leave the labelled ones alone', () => {
    const task = planeTask('moons', 0.05);
    const options = { ...counts, dataSeed: 1, seed: 1, labelled: 20 };
    const plain = buildDataset(task, options).transfer;
    const spread = buildDataset(task, { ...options, everywhere: true }).transfer;
    expect(spread.labelled).toEqual(plain.labelled);
    const far = (split: Split, wanted: number) =>
      Array.from({ length: split.n }, (_, row) => row).filter(
        (row) => split.labelled[row] === wanted && Math.abs(split.inputs[2 * row + 1] ?? 0) > 2,
      ).length;
    expect(far(spread, 1)).toBe(0);
    expect(far(plain, 0)).toBe(0);
    expect(far(spread, 0)).toBeGreaterThan(50);
    expect(() => buildDataset(counter, { ...options, everywhere: true })).toThrow(
      expect.objectContaining({ code: 'data-everywhere' }),
    );
  });
});

describe('given labels', () => {
  const unevenLabels = fc.array(fc.nat(4), { minLength: 1, maxLength: 120 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  test('exactly the asked number of rows is labelled, and classes differ by one at most while rows last', () => {
    fc.assert(
      fc.property(unevenLabels, fc.nat(120), fc.nat(1000), (truth, wanted, seed) => {
        const count = Math.min(wanted, truth.length);
        const options = { seed, classes: 5, labelled: count, labelNoise: 0, leaveOut: [] };
        const { labelled, labels } = giveLabels(Uint32Array.from(truth), options);
        expect(labelled.reduce((a, b) => a + b, 0)).toBe(count);
        const perClass = [0, 1, 2, 3, 4].map((label) => ({
          taken: truth.filter((t, row) => t === label && labelled[row] === 1).length,
          there: truth.filter((t) => t === label).length,
        }));
        const most = Math.max(...perClass.map(({ taken }) => taken));
        for (const { taken, there } of perClass)
          expect(taken).toBeGreaterThanOrEqual(Math.min(there, most - 1));
        for (const [row, label] of truth.entries()) expect(labels[row]).toBe(labelled[row] === 1 ? label : 0);
      }),
    );
  });

  test('exactly the asked share of labelled rows is wrong, and no unlabelled row gives a label away', () => {
    fc.assert(
      fc.property(unevenLabels, share, fc.boolean(), fc.nat(1000), (truth, labelNoise, all, seed) => {
        const labelled = all ? 'all' : Math.floor(truth.length / 2);
        const given = giveLabels(Uint32Array.from(truth), {
          seed,
          classes: 5,
          labelled,
          labelNoise,
          leaveOut: [],
        });
        const rows = truth.map((_, row) => row).filter((row) => given.labelled[row] === 1);
        const wrong = rows.filter((row) => given.labels[row] !== truth[row]).length;
        expect(wrong).toBe(Math.floor(labelNoise * rows.length + 0.5));
        for (const row of truth.keys()) if (given.labelled[row] === 0) expect(given.labels[row]).toBe(0);
      }),
    );
  });

  test('wrong labels fall evenly on the other classes, and never on a left-out one', () => {
    const truth = new Uint32Array(4_000).fill(2);
    const options = { seed: 3, classes: 6, labelled: 'all', labelNoise: 1, leaveOut: [5] } as const;
    const { labels } = giveLabels(truth, options);
    const perClass = [0, 1, 2, 3, 4, 5].map((label) => labels.filter((given) => given === label).length);
    expect([perClass[2], perClass[5]]).toEqual([0, 0]);
    for (const label of [0, 1, 3, 4]) expect(Math.abs((perClass[label] ?? 0) - 1_000)).toBeLessThan(140);
  });

  test('too many labelled rows, a share above 1 and noise with one class are refused by name', () => {
    const truth = Uint32Array.of(0, 0, 1, 1);
    const options = { seed: 1, classes: 2, labelled: 'all', labelNoise: 0, leaveOut: [] } as const;
    const codeOf = (change: object) => () => giveLabels(truth, { ...options, ...change });
    expect(codeOf({})).not.toThrow();
    expect(codeOf({ labelled: 5 })).toThrow(expect.objectContaining({ code: 'data-labelled' }));
    expect(codeOf({ labelNoise: 1.1 })).toThrow(expect.objectContaining({ code: 'data-noise' }));
    expect(codeOf({ labelNoise: Number.NaN })).toThrow(expect.objectContaining({ code: 'data-noise' }));
    expect(codeOf({ labelNoise: 0.5, leaveOut: [1] })).toThrow(
      expect.objectContaining({ code: 'data-noise-classes' }),
    );
  });
});
