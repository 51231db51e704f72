// The weights' gradient through workgroup memory: equal to the one from registers bit for bit, and to float64.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { matmulWeightGradient } from './matmulWeightGradient.ts';
import { matmulWeightGradientTiled } from './matmulWeightGradientTiled.ts';

const shapes: [m: number, k: number, n: number][] = [
  [1, 1, 1],
  [15, 33, 31],
  [16, 32, 32],
  [17, 31, 33],
  [128, 2, 16],
  [128, 128, 10],
  // Enough squares of 64 × 64 for the larger workgroups.
  [3, 513, 515],
];

test.each(shapes.flatMap((shape) => [false, true].map((accumulate) => ({ shape, accumulate }))))(
  '$shape (rows, inputs, outputs), accumulate $accumulate: the same bits as from registers',
  async ({ shape: [m, k, n], accumulate }) => {
    for (const bias of [false, true]) {
      const params = { m, k, n, bias, accumulate };
      const inputs = [
        randomFloats(m * k, 1),
        randomFloats(m * n, 2),
        randomFloats(k * n, 3),
        randomFloats(n, 4),
      ];
      const tiled = await checkKernel(matmulWeightGradientTiled, params, inputs);
      const registers = await checkKernel(matmulWeightGradient, params, inputs);
      expect(tiled.gpu.slice(2)).toEqual(registers.gpu.slice(2));
    }
  },
);
