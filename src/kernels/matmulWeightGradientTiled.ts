/**
 * The gradient of a product's weights and bias through workgroup memory. The twin of matmulWeightGradient.ts for GPUs,
 * equal to it in parameters, bindings and bits.
 */
import type { Kernel } from '../tensor/kernel.ts';
import { sideOf, slice } from './matmulTiled.ts';
import {
  matmulWeightGradient,
  type WeightGradientParams,
  weightGradientLengths,
  weightGradientReference,
  weightGradientVariantOf,
} from './matmulWeightGradient.ts';

/** Bindings and result as `matmulWeightGradient`. */
export const matmulWeightGradientTiled: Kernel<WeightGradientParams> = {
  name: 'matmul_weight_gradient_tiled',
  sources: ['tensor/matmul_weight_gradient_tiled'],
  bindings: matmulWeightGradient.bindings,
  live: false,
  constants: (params) => ({
    side: sideOf(params.k, params.n),
    depth: slice.depth,
    ...weightGradientVariantOf(params),
  }),
  shape: ({ m, k, n }) => [m, k, n],
  workgroups({ k, n }) {
    const square = slice.part * sideOf(k, n);
    return [Math.ceil(n / square), Math.ceil(k / square), 1];
  },
  lengths: weightGradientLengths,
  reference: weightGradientReference,
};
