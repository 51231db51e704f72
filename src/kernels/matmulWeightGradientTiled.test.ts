// The weights' gradient through workgroup memory: equal to the one from registers bit for bit, and to float64.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats, runKernel, testExecutor } from './checkKernel.ts';
import { forms, type TiledForm } from './matmulTiled.ts';
import { matmulWeightGradient } from './matmulWeightGradient.ts';
import { matmulWeightGradientTiled, weightGradientInForm } from './matmulWeightGradientTiled.ts';

type Shape = [m: number, k: number, n: number];
type Mode = { bias: boolean; accumulate: boolean };
const odd: Shape = [33, 131, 139];
const even: Shape = [36, 68, 132];
const small: Shape[] = [
  [1, 1, 1],
  [128, 2, 16],
];

/** What is done with the sum, and how the operands are read, are independent; each variant takes seconds to compile on a CPU. */
const modes: Mode[] = [
  { accumulate: false, bias: false },
  { accumulate: false, bias: true },
  { accumulate: true, bias: false },
  { accumulate: true, bias: true },
];

test.each(modes)('bias $bias, accumulate $accumulate: the same bits as from registers', async (mode) => {
  await expectSameBits([15, 33, 31], mode);
});

/** What is written out takes seconds to compile on a CPU, so that larger forms have one shape each. */
const ways = forms.flatMap((form, i) =>
  [odd, even]
    .filter((shape) => form.unroll === 1 || shape === (i === 0 ? odd : even))
    .map((shape) => ({ form, shape, bias: shape === odd })),
);

test.each(ways)(
  'parts of $form.rows × $form.columns, $shape (rows, inputs, outputs): the same bits as from registers',
  async ({ form, shape, bias }) => {
    await expectSameBits(shape, { bias, accumulate: false }, form);
  },
);

test.each(small)('%i rows, %i inputs, %i outputs: the same bits as from registers', async (m, k, n) => {
  await expectSameBits([m, k, n], { bias: true, accumulate: true });
});

async function expectSameBits([m, k, n]: Shape, mode: Mode, form?: TiledForm): Promise<void> {
  const params = { m, k, n, ...mode };
  const inputs = [randomFloats(m * k, 1), randomFloats(m * n, 2), randomFloats(k * n, 3), randomFloats(n, 4)];
  const kernel = form === undefined ? matmulWeightGradientTiled : weightGradientInForm(() => form);
  const tiled = await checkKernel(kernel, params, inputs);
  const registers = await runKernel(await testExecutor(), matmulWeightGradient, params, inputs);
  expect(tiled.gpu.slice(2)).toEqual(registers.slice(2).map((one) => Float32Array.from(one)));
}
