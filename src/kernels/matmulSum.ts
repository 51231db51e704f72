/** A matrix product whose sum is cut into parts, second half: adds what matmulSplit wrote, and has the product's epilogue. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { finishProduct, type MatmulParams, matmulLengths, variantOf } from './matmul.ts';

export interface MatmulSumParams extends MatmulParams {
  readonly parts: number;
}

const workgroupSize = 64;

/** Bindings: partial [parts, m, n], extra as `matmul`, y [m, n]. */
export const matmulSum: Kernel<MatmulSumParams> = {
  name: 'matmul_sum',
  sources: ['lib/grid', 'lib/math', 'lib/matmul_epilogue', 'tensor/matmul_sum'],
  bindings: [
    { name: 'partial', access: 'read', dtype: 'f32' },
    { name: 'extra', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: (params) => {
    const { epilogue, accumulate } = variantOf(params);
    return { workgroup_size: workgroupSize, epilogue: epilogue ?? 0, accumulate: accumulate ?? 0 };
  },
  shape: ({ parts, m, n }) => [parts, m, n],
  workgroups: ({ m, n }) => grid(Math.ceil((m * n) / workgroupSize)),
  lengths: (params) => {
    const [, , extra = 0, y = 0] = matmulLengths(params);
    return [params.parts * y, extra, y];
  },
  reference({ m, n, parts, epilogue, accumulate }, buffers) {
    const [partial, extra, y] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    for (let i = 0; i < m * n; i++) {
      let sum = 0;
      for (let p = 0; p < parts; p++) sum += at(partial, p * m * n + i);
      const value = finishProduct(epilogue, sum, extra, i, i % n);
      y[i] = accumulate ? at(y, i) + value : value;
    }
  },
};
