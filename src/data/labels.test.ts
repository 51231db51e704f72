// What dataset.test.ts leaves of the given labels: that they stay quick and balanced where classes are many.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { giveLabels } from './labels.ts';
import { fuzz } from './readerTests.ts';

const plain = { seed: 1, labelled: 'all', labelNoise: 0, leaveOut: [] } as const;

test('with 200,000 classes wrong labels are drawn in time that does not grow with their number', () => {
  const truth = new Uint32Array(100_000).fill(199_999);
  const { labels } = giveLabels(truth, { ...plain, classes: 200_000, labelNoise: 1 });
  expect(labels.includes(199_999)).toBe(false);
  expect(Math.max(...labels.subarray(0, 10_000))).toBeGreaterThan(190_000);
});

test('a wrong label is any other class that is not left out, be the true one left out or not', () => {
  const choice = fc.record({
    classes: fc.integer({ min: 4, max: 8 }),
    own: fc.nat(3),
    out: fc.nat(3),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(choice, ({ classes, own, out, seed }) => {
      const truth = new Uint32Array(400).fill(own);
      const { labels } = giveLabels(truth, { ...plain, seed, classes, labelNoise: 1, leaveOut: [out] });
      const wanted = Array.from({ length: classes }, (_, label) => label).filter(
        (label) => label !== own && label !== out,
      );
      expect([...new Set(labels)].sort((a, b) => a - b)).toEqual(wanted);
    }),
    { ...fuzz, numRuns: 200 },
  );
});

test('the labelled rows are one of each class in turn, as far as the classes go', () => {
  const truth = Uint32Array.of(0, 0, 0, 0, 0, 1, 2, 2);
  const { labelled } = giveLabels(truth, { ...plain, classes: 3, labelled: 6 });
  const perClass = [0, 1, 2].map(
    (label) => truth.filter((own, row) => own === label && labelled[row] === 1).length,
  );
  expect(perClass).toEqual([3, 1, 2]);
  expect(giveLabels(truth, { ...plain, classes: 3, labelled: 0 }).labelled).toEqual(new Uint8Array(8));
});
