/**
 * The gradient of a product's weights and bias through workgroup memory. The twin of matmulWeightGradient.ts for GPUs,
 * equal to it in parameters, bindings and bits.
 */
import type { Kernel } from '../tensor/kernel.ts';
import {
  columnSlice,
  type FormChoice,
  formOf,
  formWorkgroups,
  rowSlice,
  sliceSources,
} from './matmulTiled.ts';
import {
  matmulWeightGradient,
  type WeightGradientParams,
  weightGradientLengths,
  weightGradientReference,
  weightGradientVariantOf,
} from './matmulWeightGradient.ts';

/** Bindings and result as `matmulWeightGradient`. */
export const matmulWeightGradientTiled: Kernel<WeightGradientParams> = weightGradientInForm(formOf);

/** For tests of a form at sizes that would not be given it. */
export function weightGradientInForm(choose: FormChoice): Kernel<WeightGradientParams> {
  return {
    name: 'matmul_weight_gradient_tiled',
    sources: ({ k, n }) => [
      ...sliceSources(choose(k, n), rowSlice.across, columnSlice.across),
      'tensor/matmul_weight_gradient_tiled',
    ],
    bindings: matmulWeightGradient.bindings,
    live: false,
    constants: weightGradientVariantOf,
    shape: ({ m, k, n }) => [m, k, n],
    workgroups: ({ k, n }) => formWorkgroups(choose(k, n), k, n),
    lengths: weightGradientLengths,
    reference: weightGradientReference,
  };
}
