/**
 * Which form of a normalisation runs where: a GPU waits for what it reads, so that there many lanes ask for much at once; a
 * CPU in its place pays for each lane at every barrier. It depends on the adapter's kind alone.
 */
import type { Kernel } from '../tensor/kernel.ts';
import { type GroupNormParams, groupNorm } from './groupNorm.ts';
import { type GroupNormGradientParams, groupNormGradient } from './groupNormGradient.ts';
import { groupNormGradientWide } from './groupNormGradientWide.ts';
import { groupNormParameterGradient } from './groupNormParameterGradient.ts';
import { groupNormParameterGradientWide } from './groupNormParameterGradientWide.ts';
import { groupNormWide } from './groupNormWide.ts';

export interface NormForm {
  readonly norm: Kernel<GroupNormParams>;
  readonly gradient: Kernel<GroupNormGradientParams>;
  readonly parameterGradient: Kernel<GroupNormGradientParams>;
}

const narrow: NormForm = {
  norm: groupNorm,
  gradient: groupNormGradient,
  parameterGradient: groupNormParameterGradient,
};
const wide: NormForm = {
  norm: groupNormWide,
  gradient: groupNormGradientWide,
  parameterGradient: groupNormParameterGradientWide,
};

export function chooseNorm(software: boolean): NormForm {
  return software ? narrow : wide;
}
