import { expect, test } from 'vitest';
import { BatchOrder } from '../data/order.ts';
import type { Split } from '../data/task.ts';
import { StepRows } from './stepRows.ts';

/** Four samples of three rows, of which sample i has i rows that are not padding; the first row of each is labelled. */
const split: Split = {
  n: 4,
  inputs: new Uint32Array(12),
  trueLabels: new Uint32Array(12),
  labels: new Uint32Array(12),
  labelled: Uint8Array.of(1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0),
  valid: Uint8Array.of(0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1),
  sampleIndex: Uint32Array.of(0, 1, 2, 3),
};

test('a step counts the rows of its own samples, and no padding, whether it is labelled or not', () => {
  const order = new BatchOrder(5, 2, 4);
  const rows = new StepRows(split, order, { batch: 2, accumulate: 1 });
  const taken = new Uint32Array(2);
  for (const step of [0, 1, 5]) {
    order.fill(step, taken);
    const valid = taken.reduce((sum, sample) => sum + sample, 0);
    expect(rows.of(step)).toMatchObject({ valid, labelled: taken.filter((sample) => sample > 0).length });
  }
});

test('the micro-batches of a step are counted together', () => {
  const rows = new StepRows(split, new BatchOrder(5, 2, 4), { batch: 2, accumulate: 2 });
  expect(rows.of(0)).toMatchObject({ valid: 6, labelled: 3 });
});
