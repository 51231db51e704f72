import { expect, test } from 'vitest';
import { rowLoss } from './rowLoss.ts';
import { checkRows, liveFor, paramsOf, rowInputs } from './rowLossCases.ts';
import { testRowLoss } from './rowLossTests.ts';
import { rowLossFor, rowLossWide } from './rowLossWide.ts';

testRowLoss(rowLossWide);

test('a CPU shares out long rows alone', () => {
  expect(rowLossFor({ rows: 128, classes: 1024 })).toBe(rowLoss);
  expect(rowLossFor({ rows: 128, classes: 1025 })).toBe(rowLossWide);
});

test('rows for which more lanes are woken agree with float64', async () => {
  const [rows, classes] = [3, 4100];
  const inputs = { ...rowInputs(rows, classes, 41), flags: Uint32Array.of(3, 0, 1) };
  const terms = ['jsd', 'standardised_kl'] as const;
  await checkRows(rowLossWide, { rows, classes, terms }, inputs, liveFor(inputs, 2, paramsOf(terms)));
});
