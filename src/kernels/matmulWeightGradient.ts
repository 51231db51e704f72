/**
 * The gradient of a product's weights and bias in one dispatch, from registers alone: 8 × 8 elements an invocation. Its
 * twin in workgroup memory is matmulWeightGradientTiled.ts. The input's gradient is a product itself (matmul.ts).
 */
import { at, type Kernel, type Numbers, type Source, window } from '../tensor/kernel.ts';
import { workgroupOf } from './matmul.ts';
import { quadLibrary } from './quads.ts';

export interface WeightGradientParams {
  /** Rows of the batch, inputs, outputs. */
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** Write db too; without it the binding is not touched. */
  readonly bias: boolean;
  /** Add to dw and db in place of replacing them. */
  readonly accumulate: boolean;
}

const tile = 8;
const ownSources: readonly Source[] = ['lib/tile8', 'tensor/matmul_weight_gradient'];

/** dw = aᵀ·dy, db = Σ over rows of dy, m ascending. Bindings: a [m, k], dy [m, n], dw [k, n], db [n] (or [1] unused). */
export const matmulWeightGradient: Kernel<WeightGradientParams> = {
  name: 'matmul_weight_gradient',
  sources: [quadLibrary.otherwise, ...ownSources],
  bindings: [
    { name: 'a', access: 'read', dtype: 'f32' },
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'dw', access: 'read_write', dtype: 'f32' },
    { name: 'db', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants(params) {
    const [columns, rows] = workgroupOf(params.n);
    return { workgroup_columns: columns, workgroup_rows: rows, ...weightGradientVariantOf(params) };
  },
  shape: ({ m, k, n }) => [m, k, n],
  workgroups({ k, n }) {
    const [columns, rows] = workgroupOf(n);
    return [Math.ceil(n / (tile * columns)), Math.ceil(k / (tile * rows)), 1];
  },
  lengths: weightGradientLengths,
  reference: weightGradientReference,
};

/** The same, where four lanes read a row of a for each other: for CPU adapters. The same bits. */
export const matmulWeightGradientOfQuads: Kernel<WeightGradientParams> = {
  ...matmulWeightGradient,
  sources: [quadLibrary, ...ownSources],
};

export function weightGradientVariantOf(params: WeightGradientParams): Record<string, number> {
  return {
    bias: Number(params.bias),
    accumulate: Number(params.accumulate),
    vector_a: Number(params.k % 4 === 0),
    vector_dy: Number(params.n % 4 === 0),
  };
}

export function weightGradientLengths({ m, k, n, bias }: WeightGradientParams): readonly number[] {
  return [m * k, m * n, k * n, bias ? n : 1];
}

export function weightGradientReference(params: WeightGradientParams, buffers: readonly Numbers[]): void {
  const { m, k, n, bias, accumulate } = params;
  const [a, dy] = [window(buffers, 0), window(buffers, 1)]; // (m, k), (m, n)
  const [dw, db] = [window(buffers, 2), window(buffers, 3)]; // (k, n), (n)
  for (let column = 0; column < n; column++) {
    for (let row = 0; row < k; row++) {
      let sum = 0;
      for (let p = 0; p < m; p++) sum += at(a, p * k + row) * at(dy, p * n + column);
      const i = row * n + column;
      dw[i] = accumulate ? at(dw, i) + sum : sum;
    }
    if (!bias) continue;
    let sum = 0;
    for (let p = 0; p < m; p++) sum += at(dy, p * n + column);
    db[column] = accumulate ? at(db, column) + sum : sum;
  }
}
