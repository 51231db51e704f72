// The product through workgroup memory: equal to the one from registers bit for bit, and to float64.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats, runKernel, testExecutor } from './checkKernel.ts';
import { type Epilogue, type MatmulParams, matmul } from './matmul.ts';
import { matmulTiled, sideOf } from './matmulTiled.ts';

type Shape = [m: number, n: number, k: number];
const shapes: Shape[] = [
  [1, 1, 1],
  [31, 33, 15],
  [32, 32, 16],
  [33, 31, 17],
  [65, 63, 48],
  [128, 10, 128],
  [5, 16, 2],
];
/** Enough squares of 64 × 64 for the larger workgroups. */
const large: Shape = [513, 515, 5];

const epilogues: Epilogue[] = [
  'none',
  'bias',
  'bias_relu',
  'bias_tanh',
  'times_relu_gradient',
  'times_tanh_gradient',
];

test.each([
  ...shapes.flatMap((shape) => [false, true].map((transposeB) => ({ shape, transposeB }))),
  // The size of a workgroup and the layout of b are independent, and each variant takes seconds to compile on a CPU.
  { shape: large, transposeB: false },
])(
  '$shape (rows, columns, terms), b transposed $transposeB: the same bits as from registers',
  async ({ shape: [m, n, k], transposeB }) => {
    await expectSameBits({ m, n, k, transposeB, epilogue: 'none', accumulate: false });
  },
);

test.each(epilogues)(
  'the epilogue %s, replacing y or added to it: the same bits as from registers',
  async (epilogue) => {
    // Half of them each way: the two are independent, and a tiled kernel takes a second to compile on a CPU.
    const accumulate = epilogues.indexOf(epilogue) % 2 === 1;
    await expectSameBits({ m: 35, n: 11, k: 21, transposeB: false, epilogue, accumulate });
  },
);

test('the larger workgroups are taken when the result is large', () => {
  expect(sideOf(512, 512)).toBe(16);
  expect(sideOf(448, 512)).toBe(8);
});

async function expectSameBits(params: MatmulParams): Promise<void> {
  const { m, n, k, epilogue } = params;
  const extra = randomFloats(epilogue.startsWith('times') ? m * n : n, 3);
  const inputs = [randomFloats(m * k, 1), randomFloats(k * n, 2), extra, randomFloats(m * n, 4)];
  const tiled = await checkKernel(matmulTiled, params, inputs);
  const registers = await runKernel(await testExecutor(), matmul, params, inputs);
  expect(tiled.gpu[3]).toEqual(Float32Array.from(registers[3] ?? []));
}
