/** groupNormGradient for a GPU: a group is read at once wherever its lanes can keep it. */
import type { Kernel } from '../tensor/kernel.ts';
import { type GroupNormGradientParams, groupNormGradient } from './groupNormGradient.ts';
import { wideLanes } from './groupNormWide.ts';

export const groupNormGradientWide: Kernel<GroupNormGradientParams> = {
  ...groupNormGradient,
  name: 'group_norm_gradient_wide',
  sources: ['lib/grid', 'lib/workgroup_tree', 'nn/group_norm_gradient_wide'],
  shape: (params) => [...groupNormGradient.shape(params), wideLanes(params)],
  constants: (params) => ({ ...groupNormGradient.constants(params), sum_lanes: wideLanes(params) }),
};
