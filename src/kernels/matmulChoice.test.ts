// The choice between the forms of a product.
import { expect, test } from 'vitest';
import { matmul, matmulOfQuads } from './matmul.ts';
import { chooseMatmul, chooseWeightGradient } from './matmulChoice.ts';
import { matmulTiled } from './matmulTiled.ts';
import { matmulWeightGradient, matmulWeightGradientOfQuads } from './matmulWeightGradient.ts';
import { matmulWeightGradientTiled } from './matmulWeightGradientTiled.ts';

const hidden = { m: 128, n: 128, k: 256, transposeB: false, accumulate: false };
const output = { m: 2, n: 2, k: 16, transposeB: false, accumulate: false };

test('a software adapter multiplies from registers at every size', () => {
  expect(chooseMatmul(true, hidden)).toBe(matmulOfQuads);
  expect(chooseMatmul(true, output)).toBe(matmulOfQuads);
  expect(chooseWeightGradient(true, hidden)).toBe(matmulWeightGradientOfQuads);
});

test('a GPU multiplies through workgroup memory unless the product is tiny', () => {
  expect(chooseMatmul(false, hidden)).toBe(matmulTiled);
  expect(chooseMatmul(false, output)).toBe(matmul);
  expect(chooseWeightGradient(false, hidden)).toBe(matmulWeightGradientTiled);
  expect(chooseWeightGradient(false, { m: 16, k: 2, n: 2 })).toBe(matmulWeightGradient);
});
