// The weights' gradient through workgroup memory: equal to the one from registers bit for bit, and to float64.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats, runKernel, testExecutor } from './checkKernel.ts';
import { matmulWeightGradient } from './matmulWeightGradient.ts';
import { matmulWeightGradientTiled } from './matmulWeightGradientTiled.ts';

type Shape = [m: number, k: number, n: number];
const shapes: Shape[] = [
  [1, 1, 1],
  [15, 33, 31],
  [16, 32, 32],
  [17, 31, 33],
  [128, 2, 16],
  [128, 128, 10],
];
/** Enough squares of 64 × 64 for the larger workgroups. */
const large: Shape = [3, 513, 515];

/** What is done with the sum, and how the operands are read, are independent; each variant takes seconds to compile on a CPU. */
const modes = [
  { accumulate: false, bias: false },
  { accumulate: false, bias: true },
  { accumulate: true, bias: false },
  { accumulate: true, bias: true },
];
const cases = [
  ...modes.map((mode) => ({ shape: shapes[1] ?? large, ...mode })),
  ...[...shapes, large].map((shape, i) => ({ shape, ...(modes[i % 4] ?? modes[0]) })),
];

test.each(cases)(
  '$shape (rows, inputs, outputs), bias $bias, accumulate $accumulate: the same bits as from registers',
  async ({ shape: [m, k, n], bias = false, accumulate = false }) => {
    const params = { m, k, n, bias, accumulate };
    const inputs = [
      randomFloats(m * k, 1),
      randomFloats(m * n, 2),
      randomFloats(k * n, 3),
      randomFloats(n, 4),
    ];
    const tiled = await checkKernel(matmulWeightGradientTiled, params, inputs);
    const registers = await runKernel(await testExecutor(), matmulWeightGradient, params, inputs);
    expect(tiled.gpu.slice(2)).toEqual(registers.slice(2).map((one) => Float32Array.from(one)));
  },
);
