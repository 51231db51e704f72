// The product from registers: the GPU against float64 at odd shapes, tile edges, every epilogue and both layouts of b; and that
// it is the same whether lanes read for each other or not.
import { describe, expect, test } from 'vitest';
import { checkKernel, randomFloats, runKernel, testExecutor } from './checkKernel.ts';
import { gradientError, referenceRun, weightedSum } from './finiteDifference.ts';
import { type Epilogue, type MatmulParams, matmul, matmulOfQuads } from './matmul.ts';

const plain = { transposeB: false, epilogue: 'none', accumulate: false } as const;

const shapes: [m: number, n: number, k: number][] = [
  [1, 1, 1],
  [7, 9, 3],
  [8, 8, 4],
  [9, 7, 5],
  [33, 31, 17],
  [31, 33, 64],
  [128, 10, 128],
  [128, 128, 10],
  [5, 16, 2],
  [3, 20, 784],
];

function matmulInputs({ m, n, k, epilogue }: MatmulParams): Float32Array<ArrayBuffer>[] {
  const saved = epilogue.startsWith('times');
  return [
    randomFloats(m * k, 1),
    randomFloats(k * n, 2),
    randomFloats(saved ? m * n : n, 3),
    randomFloats(m * n, 4),
  ];
}

describe.each([false, true])('with b transposed: %s', (transposeB) => {
  test.each(shapes)('%i × %i from %i terms agrees with float64', async (m, n, k) => {
    const params = { ...plain, m, n, k, transposeB };
    await checkKernel(matmulOfQuads, params, matmulInputs(params));
  });
});

test.each([false, true])(
  'each lane for itself gives the same bits, with b transposed: %s',
  async (transposeB) => {
    for (const [m, n, k] of [
      [33, 31, 17],
      [7, 44, 8],
    ] as const) {
      const params = { ...plain, m, n, k, transposeB };
      const inputs = matmulInputs(params);
      const quads = await checkKernel(matmulOfQuads, params, inputs);
      const alone = await runKernel(await testExecutor(), matmul, params, inputs);
      expect(quads.gpu[3]).toEqual(Float32Array.from(alone[3] ?? []));
    }
  },
);

const epilogues: Epilogue[] = [
  'none',
  'bias',
  'bias_relu',
  'bias_tanh',
  'times_relu_gradient',
  'times_tanh_gradient',
];

test.each(epilogues)(
  'the epilogue %s, replacing y and added to it, agrees with float64',
  async (epilogue) => {
    for (const accumulate of [false, true]) {
      const params = { m: 17, n: 20, k: 21, transposeB: accumulate, epilogue, accumulate };
      await checkKernel(matmulOfQuads, params, matmulInputs(params));
    }
  },
);

test.each([
  ['bias_relu', 'times_relu_gradient'],
  ['bias_tanh', 'times_tanh_gradient'],
] as const)('%s and then a product has the gradient that %s writes', (forward, backward) => {
  const [m, n, k, next] = [3, 5, 4, 6];
  const [a, b, bias, w] = [m * k, k * n, n, n * next].map((length, i) => doubles(length, 10 + i));
  const dz = doubles(m * next, 20);
  const first = { ...plain, m, n, k, epilogue: forward };
  const hidden = (at: Float64Array) =>
    referenceRun(matmul, first, [a ?? at, b ?? at, at, new Float64Array(m * n)])[3];
  const result = (at: Float64Array) => {
    const y = hidden(at) ?? at;
    const params = { ...plain, m, n: next, k: n };
    return referenceRun(matmul, params, [y, w ?? at, bias ?? at, new Float64Array(m * next)])[3] ?? at;
  };
  const saved = hidden(bias ?? dz) ?? dz;
  const params = { m, n, k: next, transposeB: true, epilogue: backward, accumulate: false };
  const dh = referenceRun(matmul, params, [dz, w ?? dz, saved, new Float64Array(m * n)])[3] ?? dz;
  // The bias of a column receives the column's sum.
  const gradient = Float64Array.from({ length: n }, (_, column) => {
    let sum = 0;
    for (let row = 0; row < m; row++) sum += dh[row * n + column] ?? 0;
    return sum;
  });
  expect(gradientError((at) => weightedSum(result(at), dz), gradient, bias ?? dz, 1e-4)).toBeLessThan(1e-7);
});

test.each([false, true])(
  'the product with b transposed %s has the gradient that the other layout writes',
  (transposeB) => {
    const [m, n, k] = [3, 4, 5];
    const [a, b, dy] = [doubles(m * k, 1), doubles(k * n, 2), doubles(m * n, 3)];
    const y = (at: Float64Array) =>
      referenceRun(matmul, { ...plain, m, n, k, transposeB }, [at, b, b, new Float64Array(m * n)])[3] ?? at;
    const back = { ...plain, m, n: k, k: n, transposeB: !transposeB };
    const dx = referenceRun(matmul, back, [dy, b, b, new Float64Array(m * k)])[3] ?? dy;
    expect(gradientError((at) => weightedSum(y(at), dy), Float64Array.from(dx), a)).toBeLessThan(1e-7);
  },
);

function doubles(length: number, seed: number): Float64Array {
  return Float64Array.from(randomFloats(length, seed));
}
