/**
 * The matrix product with its epilogue, through workgroup memory: 4 × 4 elements an invocation. The twin of matmul.ts
 * for GPUs, equal to it in parameters, bindings and bits.
 */
import type { Kernel } from '../tensor/kernel.ts';
import { type MatmulParams, matmul, matmulLengths, matmulReference, variantOf } from './matmul.ts';

/** Rows and columns of an invocation's part, and the terms of a slice in workgroup memory. */
const part = 4;
const depth = 16;
/** Squares of 64 × 64 are kept back until there are this many, so that a small product uses more of the GPU. */
const enoughWorkgroups = 64;

/** Bindings and result as `matmul`. */
export const matmulTiled: Kernel<MatmulParams> = {
  name: 'matmul_tiled',
  sources: ['lib/math', 'lib/matmul_epilogue', 'tensor/matmul_tiled'],
  bindings: matmul.bindings,
  live: false,
  constants: (params) => ({
    side: sideOf(params.m, params.n),
    depth,
    vector_b: Number(!params.transposeB && params.n % 4 === 0),
    ...variantOf(params),
  }),
  shape: ({ m, n, k }) => [m, n, k],
  workgroups({ m, n }) {
    const square = part * sideOf(m, n);
    return [Math.ceil(n / square), Math.ceil(m / square), 1];
  },
  lengths: matmulLengths,
  reference: matmulReference,
};

/** Invocations along each side of a workgroup: 16 where the result has enough squares of 64 × 64, else 8. */
export function sideOf(rows: number, columns: number): number {
  const large = part * 16;
  return Math.ceil(rows / large) * Math.ceil(columns / large) >= enoughWorkgroups ? 16 : 8;
}

export const slice = { part, depth } as const;
