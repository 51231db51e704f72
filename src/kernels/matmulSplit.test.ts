// The first half of a product in parts: which products are cut, and that each part is the sum of its own terms.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats, runKernel, testExecutor } from './checkKernel.ts';
import { matmulSplit, partsOf } from './matmulSplit.ts';

test('a small result of many terms is cut, into parts of a twelfth of an operand; a large one or one of few terms is not', () => {
  const cut = [
    [192, 256, 16_384, 5],
    [1024, 256, 16_384, 4],
    [128, 256, 49_152, 16],
    [512, 512, 100_000, 4],
    [2, 3, 2100, 2],
    [256, 784, 256, 1],
    [128, 10, 1024, 1],
    [1024, 1024, 100_000, 1],
  ] as const;
  for (const [m, n, k, parts] of cut) {
    expect([m, n, k, partsOf({ m, n, k })]).toEqual([m, n, k, parts]);
    if (parts > 1) expect(12 * parts * n).toBeLessThanOrEqual(k);
  }
});

test.each([
  { m: 5, n: 9, k: 77, parts: 3, transposeB: false },
  { m: 34, n: 36, k: 100, parts: 2, transposeB: true },
])('$parts parts of $k terms agree with float64, and repeat to the bit', async (params) => {
  const { m, n, k, parts } = params;
  const inputs = [m * k, k * n, 1, parts * m * n].map((length, i) => randomFloats(length, i + 1));
  const { gpu } = await checkKernel(matmulSplit, params, inputs);
  const again = await runKernel(await testExecutor(), matmulSplit, params, inputs);
  expect(gpu[3]).toEqual(Float32Array.from(again[3] ?? []));
});
