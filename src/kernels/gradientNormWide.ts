/**
 * gradientNorm for a GPU: a workgroup leaves one partial in place of one for each lane, so that gradientScale, which is a
 * single workgroup, has few to add, and lanes enough are under way for all that memory can bring.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { type GradientNormParams, gradientNorm, gradientNormGroups } from './gradientNorm.ts';

const lanes = 256;
/** Vectors of four that a lane reads at once. */
const ahead = 4;
/** So many partials of two numbers fill an aligned window, whose every number is then written. */
const groupsOfWindow = 32;
/** Enough for the lanes of any GPU, and few enough for the one workgroup that adds them. */
const mostGroups = 1024;

function groupsOf(length: number): number {
  const wanted = Math.ceil(length / 4 / lanes / ahead / groupsOfWindow) * groupsOfWindow;
  return Math.min(mostGroups, wanted);
}

function rounds({ length, groups }: GradientNormParams): number {
  return Math.ceil(length / 4 / lanes / ahead / groups);
}

export const gradientNormWide: Kernel<GradientNormParams> = {
  name: 'gradient_norm_wide',
  sources: ['lib/workgroup_tree', 'optim/gradient_norm_wide'],
  bindings: gradientNorm.bindings,
  live: false,
  constants: () => ({ sum_lanes: lanes }),
  shape: (params) => [params.length / 4, params.groups, rounds(params), lanes],
  workgroups: ({ groups }) => [groups, 1, 1],
  lengths: ({ length, groups }) => [length, 2 * groups],
  reference(params, buffers) {
    const [gradients, partial] = [window(buffers, 0), window(buffers, 1)];
    const share = 4 * lanes * ahead * rounds(params);
    partial.fill(0);
    for (let i = 0; i < params.length; i++) {
      const group = Math.floor(i / share);
      const g = at(gradients, i);
      if (Number.isFinite(g)) partial[2 * group] = at(partial, 2 * group) + g * g;
      else partial[2 * group + 1] = at(partial, 2 * group + 1) + 1;
    }
  },
};

/** The form for an adapter of that kind, and how many partials it leaves of a segment: a multiple of 32, so aligned. */
export function gradientNormFor(
  software: boolean,
  length: number,
): { readonly kernel: Kernel<GradientNormParams>; readonly groups: number } {
  if (software) return { kernel: gradientNorm, groups: gradientNormGroups(length) };
  return { kernel: gradientNormWide, groups: groupsOf(length) };
}
