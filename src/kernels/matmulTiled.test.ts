// The product through workgroup memory: equal to the one from registers bit for bit, and to float64.
import { expect, test } from 'vitest';
import { checkKernel, randomFloats, runKernel, testExecutor } from './checkKernel.ts';
import { type Epilogue, type MatmulParams, matmul } from './matmul.ts';
import { formOf, forms, matmulInForm, matmulTiled, type TiledForm } from './matmulTiled.ts';

type Shape = [m: number, n: number, k: number];
/** Edges within a part, a workgroup and a slice; read number by number, and in vectors. */
const odd: Shape = [131, 139, 33];
const even: Shape = [68, 132, 36];
const small: Shape[] = [
  [1, 1, 1],
  [5, 16, 2],
];

const epilogues: Epilogue[] = [
  'none',
  'bias',
  'bias_relu',
  'bias_tanh',
  'times_relu_gradient',
  'times_tanh_gradient',
];

/** What is written out takes seconds to compile on a CPU, so that larger forms have each way of b at one of the shapes. */
const ways = forms.flatMap((form) =>
  [odd, even].flatMap((shape) =>
    [false, true]
      .filter((transposeB) => form.unroll === 1 || transposeB === (shape === even))
      .map((transposeB) => ({ form, shape, transposeB })),
  ),
);

test.each(ways)(
  'parts of $form.rows × $form.columns, $shape (rows, columns, terms), b transposed $transposeB: the same bits as from registers',
  async ({ form, shape: [m, n, k], transposeB }) => {
    await expectSameBits({ m, n, k, transposeB, epilogue: 'none', accumulate: false }, form);
  },
);

test.each(small)('%i × %i from %i terms: the same bits as from registers', async (m, n, k) => {
  await expectSameBits({ m, n, k, transposeB: false, epilogue: 'none', accumulate: false });
});

test.each(epilogues)(
  'the epilogue %s, replacing y or added to it: the same bits as from registers',
  async (epilogue) => {
    // Half of them each way: the two are independent, and a tiled kernel takes a second to compile on a CPU.
    const accumulate = epilogues.indexOf(epilogue) % 2 === 1;
    await expectSameBits({ m: 35, n: 11, k: 21, transposeB: false, epilogue, accumulate });
  },
);

test('an invocation takes the larger part the larger the result is, unless it is narrow', () => {
  const results = [
    [128, 256, '2 × 4'],
    [512, 512, '4 × 4'],
    [1024, 1024, '4 × 8'],
    [2048, 2048, '8 × 8'],
    [100_000, 10, '2 × 4'],
  ] as const;
  for (const [rows, columns, part] of results) {
    const form = formOf(rows, columns);
    expect(`${form.rows} × ${form.columns}`).toBe(part);
  }
});

async function expectSameBits(params: MatmulParams, form?: TiledForm): Promise<void> {
  const { m, n, k, epilogue } = params;
  const extra = randomFloats(epilogue.startsWith('times') ? m * n : n, 3);
  const inputs = [randomFloats(m * k, 1), randomFloats(k * n, 2), extra, randomFloats(m * n, 4)];
  const kernel = form === undefined ? matmulTiled : matmulInForm(() => form);
  const tiled = await checkKernel(kernel, params, inputs);
  const registers = await runKernel(await testExecutor(), matmul, params, inputs);
  expect(tiled.gpu[3]).toEqual(Float32Array.from(registers[3] ?? []));
}
