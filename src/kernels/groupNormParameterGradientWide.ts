/** groupNormParameterGradient for a GPU: more workgroups, and lanes that ask for several numbers at once. */
import { grid, type Kernel } from '../tensor/kernel.ts';
import type { GroupNormGradientParams } from './groupNormGradient.ts';
import { groupNormParameterGradient } from './groupNormParameterGradient.ts';

/** Channels that share a workgroup: some where a channel's numbers lie far apart. */
function columnsOf(spatial: number): number {
  return spatial < 16 ? 4 : 1;
}

export const groupNormParameterGradientWide: Kernel<GroupNormGradientParams> = {
  ...groupNormParameterGradient,
  name: 'group_norm_parameter_gradient_wide',
  sources: ['lib/grid', 'nn/group_norm_parameter_gradient_wide'],
  constants: ({ spatial, accumulate }) => ({
    columns: columnsOf(spatial),
    lanes: 256 / columnsOf(spatial),
    accumulate: Number(accumulate),
  }),
  shape: (params) => [...groupNormParameterGradient.shape(params), 256 / columnsOf(params.spatial)],
  workgroups: ({ channels, spatial }) => grid(Math.ceil(channels / columnsOf(spatial))),
};
