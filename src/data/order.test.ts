// The order of rows: every row once an epoch, the same for the same seed, whatever was asked before.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchOrder } from './order.ts';
import { fuzz } from './readerTests.ts';

function rowsOf(order: BatchOrder, batch: number, from: number, to: number): number[] {
  const rows: number[] = [];
  const into = new Uint32Array(batch);
  for (let index = from; index < to; index++) {
    order.fill(index, into);
    rows.push(...into);
  }
  return rows;
}

const sizes = {
  seed: fc.nat(0xffff_ffff),
  batch: fc.integer({ min: 1, max: 40 }),
  n: fc.integer({ min: 1, max: 30 }),
};

test('every row comes once an epoch, for batches smaller and larger than an epoch', () => {
  fc.assert(
    fc.property(fc.record(sizes), ({ seed, batch, n }) => {
      const rows = rowsOf(new BatchOrder(seed, batch, n), batch, 0, Math.ceil((4 * n) / batch));
      for (let epoch = 0; epoch < 4; epoch++) {
        const sorted = rows.slice(epoch * n, (epoch + 1) * n).sort((a, b) => a - b);
        expect(sorted).toEqual(Array.from({ length: n }, (_, row) => row));
      }
    }),
    { ...fuzz, numRuns: 500 },
  );
});

test('a batch depends on its number alone, not on which were asked before', () => {
  const asked = fc.array(fc.nat(60), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.record(sizes), asked, ({ seed, batch, n }, indices) => {
      const order = new BatchOrder(seed, batch, n);
      for (const index of indices) {
        const fresh = rowsOf(new BatchOrder(seed, batch, n), batch, index, index + 1);
        expect(rowsOf(order, batch, index, index + 1)).toEqual(fresh);
      }
    }),
    { ...fuzz, numRuns: 500 },
  );
});

test('the order of rows does not depend on the size of the batch', () => {
  const rows = rowsOf(new BatchOrder(9, 1, 50), 1, 0, 200);
  expect(rowsOf(new BatchOrder(9, 8, 50), 8, 0, 25)).toEqual(rows);
  expect(rowsOf(new BatchOrder(9, 200, 50), 200, 0, 1)).toEqual(rows);
});

test('another epoch and another seed give another order', () => {
  const rows = rowsOf(new BatchOrder(1, 50, 50), 50, 0, 20);
  const epochs = Array.from({ length: 20 }, (_, epoch) => rows.slice(50 * epoch, 50 * epoch + 50).join());
  const seeds = Array.from({ length: 20 }, (_, i) => rowsOf(new BatchOrder(i + 2, 50, 50), 50, 0, 1).join());
  expect(new Set([...epochs, ...seeds]).size).toBe(40);
});

test('over many epochs every row stands at every place about as often', () => {
  const counts = new Uint32Array(25);
  for (const [i, row] of rowsOf(new BatchOrder(3, 5, 5), 5, 0, 5_000).entries()) {
    const cell = 5 * (i % 5) + row;
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  // 1,000 each, with a deviation of 28.
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});
