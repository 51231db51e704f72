/**
 * Which form of a product runs where. It depends on the adapter's kind and the shape, never on the clock. All forms give the
 * same bits but the one in parts, which only a GPU takes.
 */
import type { Kernel } from '../tensor/kernel.ts';
import { type MatmulParams, type MatmulShape, matmul, matmulOfQuads } from './matmul.ts';
import { partsOf } from './matmulSplit.ts';
import { matmulTiled } from './matmulTiled.ts';
import {
  matmulWeightGradient,
  matmulWeightGradientOfQuads,
  type WeightGradientParams,
} from './matmulWeightGradient.ts';
import { matmulWeightGradientTiled } from './matmulWeightGradientTiled.ts';

export type WeightGradientShape = Pick<WeightGradientParams, 'm' | 'k' | 'n'>;

/** Software adapters take registers, which quads fill: docs/bench.md has their figures. A GPU takes tiles. */
export function chooseMatmul(software: boolean, shape: MatmulShape): Kernel<MatmulParams> {
  if (software) return matmulOfQuads;
  return tiny(shape.m, shape.n, shape.k) ? matmul : matmulTiled;
}

/** Into how many parts the sum is cut. A CPU is busy with any number of workgroups, so that there it stays whole. */
export function chooseParts(software: boolean, shape: MatmulShape): number {
  return software ? 1 : partsOf(shape);
}

/** As `chooseMatmul`, for the gradient of the weights. */
export function chooseWeightGradient(
  software: boolean,
  shape: WeightGradientShape,
): Kernel<WeightGradientParams> {
  if (software) return matmulWeightGradientOfQuads;
  return tiny(shape.k, shape.n, shape.m) ? matmulWeightGradient : matmulWeightGradientTiled;
}

/** A result of a few elements from short sums: a slice in workgroup memory would be mostly padding. */
function tiny(rows: number, columns: number, terms: number): boolean {
  return rows * columns <= 64 && terms <= 16;
}
