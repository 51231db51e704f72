import { expect, test } from 'vitest';
import { checkKernel } from './checkKernel.ts';
import { rowLoss, rowStats } from './rowLoss.ts';
import { checkRows, gpuRows, liveFor, paramsOf, rowInputs } from './rowLossCases.ts';
import { rowLossInPlaceFor } from './rowLossInPlace.ts';
import { testRowLoss } from './rowLossTests.ts';
import { rowLossFor, rowLossWide } from './rowLossWide.ts';

testRowLoss(rowLossWide);

test('the form is chosen by the numbers of rows and classes, and a GPU shares small rows out too', () => {
  expect(rowLossFor({ rows: 128, classes: 1024 })).toBe(rowLoss);
  expect(rowLossFor({ rows: 128, classes: 1025 })).toBe(rowLossWide);
  expect(rowLossFor({ rows: 128, classes: 10, discrete: true })).toBe(rowLossWide);
  expect(rowLossFor({ rows: 128, classes: 2, discrete: true })).toBe(rowLoss);
  expect(rowLossFor({ rows: 1_000_000, classes: 10, discrete: true })).toBe(rowLoss);
});

// As a GPU runs it, on whichever adapter this is: a row that a lane keeps, and one that is longer than its lanes keep.
test.each([
  [300, ['jsd', 'dist_inter']],
  [2100, ['standardised_kl']],
] as const)('read ahead, rows of %i classes agree with float64', async (classes, terms) => {
  const rows = 3;
  const inputs = { ...rowInputs(rows, classes, 41), flags: Uint32Array.of(3, 0, 1) };
  const live = liveFor(inputs, 2, paramsOf(terms));
  await checkRows(rowLossWide, { rows, classes, terms, discrete: true }, inputs, live);
});

test('read ahead and written over the logits, the gradient has the same bits', async () => {
  const [rows, classes] = [3, 300];
  const inputs = rowInputs(rows, classes, 43);
  const params = { rows, classes, terms: ['jsd'], discrete: true } as const;
  const live = liveFor(inputs, 2, paramsOf(params.terms));
  const apart = await gpuRows(rowLossWide, params, inputs, live);
  const { student, teacher, labels, flags } = inputs;
  const buffers = [student, teacher, labels, flags, new Float32Array(rows * rowStats)];
  const { gpu } = await checkKernel(rowLossInPlaceFor(params), params, buffers, { live });
  expect([...(gpu[0] ?? [])]).toEqual([...apart.gradient]);
});
