/** The gradient of a group normalisation with respect to its input. Not that of gamma and beta. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { type GroupNormParams, sumLanes } from './groupNorm.ts';

export interface GroupNormGradientParams extends GroupNormParams {
  /** Add to dx (or to dgamma and dbeta) in place of replacing it. */
  readonly accumulate: boolean;
}

/** Bindings: x [batch, channels, spatial], gamma [channels], stats as groupNorm wrote them, dy and dx as x. */
export const groupNormGradient: Kernel<GroupNormGradientParams> = {
  name: 'group_norm_gradient',
  sources: ['lib/grid', 'lib/workgroup_sum', 'nn/group_norm_gradient'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'gamma', access: 'read', dtype: 'f32' },
    { name: 'stats', access: 'read', dtype: 'f32' },
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'dx', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: (params) => ({
    accumulate: Number(params.accumulate),
    centred: Number(!(params.rms ?? false)),
    sum_lanes: sumLanes(params),
  }),
  shape: ({ batch, channels, groups, spatial }) => [batch * groups, groups, channels / groups, spatial],
  workgroups: ({ batch, groups }) => grid(batch * groups),
  lengths: ({ batch, channels, groups, spatial }) => {
    const length = batch * channels * spatial;
    return [length, channels, 2 * batch * groups, length, length];
  },
  reference({ batch, channels, groups, spatial, accumulate, rms = false }, buffers) {
    const [x, gamma, stats] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [dy, dx] = [window(buffers, 3), window(buffers, 4)];
    const size = (channels / groups) * spatial;
    for (let row = 0; row < batch * groups; row++) {
      const [mean, inverse] = [at(stats, 2 * row), at(stats, 2 * row + 1)];
      const scaled = (i: number): number => {
        const c = (row % groups) * (channels / groups) + Math.floor(i / spatial);
        return at(dy, row * size + i) * at(gamma, c);
      };
      const normalised = (i: number): number => (at(x, row * size + i) - mean) * inverse;
      let [meanOfScaled, meanOfProduct] = [0, 0];
      for (let i = 0; i < size; i++) {
        if (!rms) meanOfScaled += scaled(i) / size;
        meanOfProduct += (scaled(i) * normalised(i)) / size;
      }
      for (let i = 0; i < size; i++) {
        const gradient = inverse * (scaled(i) - meanOfScaled - normalised(i) * meanOfProduct);
        dx[row * size + i] = gradient + (accumulate ? at(dx, row * size + i) : 0);
      }
    }
  },
};
