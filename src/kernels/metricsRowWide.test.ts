import { expect, test } from 'vitest';
import { metricsRow } from './metricsRow.ts';
import { testMetricsRow } from './metricsRowTests.ts';
import { metricsRowFor, metricsRowWide } from './metricsRowWide.ts';

testMetricsRow(metricsRowWide, [1, 63, 65, 511, 513, 1_100]);

test('a GPU takes the wide form, a CPU in its place the other', () => {
  expect(metricsRowFor(false)).toBe(metricsRowWide);
  expect(metricsRowFor(true)).toBe(metricsRow);
});
