// The gradient of weights and bias: the GPU against float64, float64 against differences of the product.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats, runKernel, testExecutor } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';
import { matmul } from './matmul.ts';
import { matmulWeightGradient, matmulWeightGradientOfQuads } from './matmulWeightGradient.ts';

const shapes: [m: number, k: number, n: number][] = [
  [1, 1, 1],
  [3, 9, 7],
  [5, 8, 8],
  [17, 7, 9],
  [128, 2, 16],
  [128, 128, 10],
  [33, 30, 34],
];

test.each(shapes.flatMap((shape) => [false, true].map((bias) => ({ shape, bias }))))(
  '$shape (rows, inputs, outputs), bias $bias, replaced and added to, agrees with float64',
  async ({ shape: [m, k, n], bias }) => {
    for (const accumulate of [false, true]) {
      const inputs = [
        randomFloats(m * k, 1),
        randomFloats(m * n, 2),
        randomFloats(k * n, 3),
        randomFloats(n, 4),
      ];
      const { gpu } = await checkKernel(matmulWeightGradientOfQuads, { m, k, n, bias, accumulate }, inputs);
      if (!bias) expect(gpu[3]).toEqual(inputs[3]);
    }
  },
);

test('each lane for itself gives the same bits', async () => {
  for (const [m, k, n] of [
    [33, 30, 34],
    [5, 9, 44],
  ] as const) {
    const params = { m, k, n, bias: true, accumulate: true };
    const inputs = [m * k, m * n, k * n, n].map((length, i) => randomFloats(length, 1 + i));
    const quads = await checkKernel(matmulWeightGradientOfQuads, params, inputs);
    const alone = await runKernel(await testExecutor(), matmulWeightGradient, params, inputs);
    expect(quads.gpu.slice(2)).toEqual(alone.slice(2).map((one) => Float32Array.from(one)));
  }
});

test('weights and bias have the gradients that differences give', () => {
  const [m, k, n] = [4, 3, 5];
  const [a, w, b, dy] = [m * k, k * n, n, m * n].map((length, i) =>
    Float64Array.from(randomFloats(length, i)),
  );
  if (a === undefined || w === undefined || b === undefined || dy === undefined) throw new Error('no inputs');
  const layer = { m, n, k, transposeB: false, epilogue: 'bias', accumulate: false } as const;
  const y = (weights: Float64Array, bias: Float64Array) =>
    referenceRun(matmul, layer, [a, weights, bias, new Float64Array(m * n)])[3] ?? [];
  const params = { m, k, n, bias: true, accumulate: false };
  const [, , dw, db] = referenceRun(matmulWeightGradient, params, [
    a,
    dy,
    new Float64Array(k * n),
    new Float64Array(n),
  ]);
  const [weightGradient, biasGradient] = [Float64Array.from(dw ?? []), Float64Array.from(db ?? [])];
  expect(gradientError((at) => weightedSum(y(at, b), dy), weightGradient, w)).toBeLessThan(1e-7);
  expect(gradientError((at) => weightedSum(y(w, at), dy), biasGradient, b)).toBeLessThan(1e-7);
});
