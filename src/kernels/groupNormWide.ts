/** groupNorm for a GPU: a group is read at once wherever its lanes can keep it, and their sums are added by a tree. */
import type { Kernel } from '../tensor/kernel.ts';
import { type GroupNormParams, groupNorm } from './groupNorm.ts';

/** Lanes that share a group of numbers: so many that each takes four, no fewer than a GPU runs in step. */
export function wideLanes({ channels, groups, spatial }: GroupNormParams): number {
  const size = (channels / groups) * spatial;
  return Math.min(256, Math.max(32, 2 ** Math.ceil(Math.log2(size / 4))));
}

export const groupNormWide: Kernel<GroupNormParams> = {
  ...groupNorm,
  name: 'group_norm_wide',
  sources: ['lib/grid', 'lib/workgroup_tree', 'nn/group_norm_wide'],
  shape: (params) => [...groupNorm.shape(params), wideLanes(params)],
  constants: (params) => ({ ...groupNorm.constants(params), sum_lanes: wideLanes(params) }),
};
