/** The gradients of a group normalisation with respect to gamma and beta: sums over samples and positions. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import type { GroupNormGradientParams } from './groupNormGradient.ts';

/** Channels that share a workgroup: many where a channel's numbers lie far apart. Depends on the shape alone. */
function columnsOf(spatial: number): number {
  return spatial < 16 ? 16 : 1;
}

/** Bindings: x [batch, channels, spatial], stats as groupNorm wrote them, dy as x, dgamma, dbeta [channels]. */
export const groupNormParameterGradient: Kernel<GroupNormGradientParams> = {
  name: 'group_norm_parameter_gradient',
  sources: ['lib/grid', 'nn/group_norm_parameter_gradient'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'stats', access: 'read', dtype: 'f32' },
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'dgamma', access: 'read_write', dtype: 'f32' },
    { name: 'dbeta', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ spatial, accumulate }) => ({
    columns: columnsOf(spatial),
    lanes: 256 / columnsOf(spatial),
    accumulate: Number(accumulate),
  }),
  shape: ({ batch, channels, groups, spatial }) => [batch, channels, channels / groups, spatial],
  workgroups: ({ channels, spatial }) => grid(Math.ceil(channels / columnsOf(spatial))),
  lengths: ({ batch, channels, groups, spatial }) => {
    const length = batch * channels * spatial;
    return [length, 2 * batch * groups, length, channels, channels];
  },
  reference({ batch, channels, groups, spatial, accumulate }, buffers) {
    const [x, stats, dy] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [dgamma, dbeta] = [window(buffers, 3), window(buffers, 4)];
    for (let c = 0; c < channels; c++) {
      let [scale, offset] = [0, 0];
      for (let b = 0; b < batch; b++) {
        const row = b * groups + Math.floor((c * groups) / channels);
        const [mean, inverse] = [at(stats, 2 * row), at(stats, 2 * row + 1)];
        for (let s = 0; s < spatial; s++) {
          const i = (b * channels + c) * spatial + s;
          scale += at(dy, i) * (at(x, i) - mean) * inverse;
          offset += at(dy, i);
        }
      }
      dgamma[c] = scale + (accumulate ? at(dgamma, c) : 0);
      dbeta[c] = offset + (accumulate ? at(dbeta, c) : 0);
    }
  },
};
