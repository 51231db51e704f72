import { expect, test } from 'vitest';
import { rowLoss } from './rowLoss.ts';
import { testRowLoss } from './rowLossTests.ts';
import { rowLossFor, rowLossWide } from './rowLossWide.ts';

testRowLoss(rowLossWide);

test('the form is chosen by the number of classes', () => {
  expect(rowLossFor(64)).toBe(rowLoss);
  expect(rowLossFor(65)).toBe(rowLossWide);
});
