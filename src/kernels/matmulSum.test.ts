// Both halves of a product in parts: the second on the GPU against float64, together against the product in one.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { referenceRun } from './finiteDifference.ts';
import { type Epilogue, matmul } from './matmul.ts';
import { matmulSplit } from './matmulSplit.ts';
import { matmulSum } from './matmulSum.ts';

const epilogues: Epilogue[] = [
  'none',
  'bias',
  'bias_relu',
  'bias_tanh',
  'times_relu_gradient',
  'times_tanh_gradient',
];

test.each(epilogues)('parts are added and get the epilogue %s, replaced or added to', async (epilogue) => {
  const [m, n] = [7, 11];
  // Half of them each way: the two are independent.
  const accumulate = epilogues.indexOf(epilogue) % 2 === 1;
  const params = { m, n, k: 1, parts: 5, transposeB: false, epilogue, accumulate };
  const extra = randomFloats(epilogue.startsWith('times') ? m * n : n, 2);
  await checkKernel(matmulSum, params, [randomFloats(5 * m * n, 1), extra, randomFloats(m * n, 3)]);
});

test('the parts of a product, added, are the product', () => {
  const [m, n, k, parts] = [3, 5, 70, 3];
  const params = { m, n, k, transposeB: true, epilogue: 'bias_tanh', accumulate: true } as const;
  const doubles = (length: number, seed: number) => Float64Array.from(randomFloats(length, seed));
  const [a, b, bias, y] = [doubles(m * k, 1), doubles(k * n, 2), doubles(n, 3), doubles(m * n, 4)];
  const partial = referenceRun(matmulSplit, { ...params, parts }, [
    a,
    b,
    b,
    new Float64Array(parts * m * n),
  ])[3];
  const found = referenceRun(matmulSum, { ...params, parts }, [partial ?? a, bias, y])[2];
  const wanted = referenceRun(matmul, params, [a, b, bias, y])[3];
  found?.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted?.[i] ?? Number.NaN, 12);
  });
});
