import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { ringRows, ringWidth } from '../kernels/metricsRow.ts';
import { MetricsRing } from './metricsRing.ts';

/** A ring of two arms as it stands before step `end`: every number of a row is 1000·arm + step. */
function ringAt(end: number): MetricsRing {
  const executor = new ReferenceExecutor('float32');
  const ring = new MetricsRing(executor, 2);
  for (const arm of [0, 1]) {
    const { storage, offset = 0 } = ring.placement(arm);
    for (let step = Math.max(0, end - ringRows); step < end; step++) {
      const row = new Float32Array(ringWidth).fill(1000 * arm + step);
      executor.write(storage, row, offset + (step % ringRows) * ringWidth);
    }
  }
  return ring;
}

const stepsIn = (rows: Float32Array) =>
  Array.from({ length: rows.length / ringWidth }, (_, i) => rows[i * ringWidth]);

test('rows over the end of the ring come in the order of their steps, for each arm', async () => {
  const { firstStep, count, arms } = await ringAt(ringRows + 3).read(ringRows - 2, ringRows + 3);
  expect([firstStep, count]).toEqual([254, 5]);
  expect(arms.map(stepsIn)).toEqual([
    [254, 255, 256, 257, 258],
    [1254, 1255, 1256, 1257, 1258],
  ]);
  expect(arms[1]?.[2 * ringWidth - 1]).toBe(1255);
});

test('what was overwritten is left out, and no step gives no row', async () => {
  const ring = ringAt(ringRows + 10);
  const { firstStep, count, arms } = await ring.read(0, ringRows + 10);
  expect([firstStep, count]).toEqual([10, ringRows]);
  expect(stepsIn(arms[0] ?? new Float32Array())).toEqual(Array.from({ length: ringRows }, (_, i) => 10 + i));
  expect(await ring.read(7, 7)).toEqual({
    firstStep: 7,
    count: 0,
    arms: [new Float32Array(), new Float32Array()],
  });
});
