/** The gradient of poolMap: each position gets an equal share. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import type { PoolMapParams } from './poolMap.ts';

export interface PoolMapGradientParams extends PoolMapParams {
  /** Add to dx in place of replacing it. */
  readonly accumulate: boolean;
}

const workgroupSize = 64;

/** Bindings: dy [batch, channels], dx [batch, channels, spatial]. */
export const poolMapGradient: Kernel<PoolMapGradientParams> = {
  name: 'pool_map_gradient',
  sources: ['lib/grid', 'tensor/pool_map_gradient'],
  bindings: [
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'dx', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ accumulate }) => ({ workgroup_size: workgroupSize, accumulate: Number(accumulate) }),
  shape: ({ batch, channels, spatial }) => [batch * channels, spatial],
  workgroups: ({ batch, channels, spatial }) => grid(Math.ceil((batch * channels * spatial) / workgroupSize)),
  lengths: ({ batch, channels, spatial }) => [batch * channels, batch * channels * spatial],
  reference({ batch, channels, spatial, accumulate }, buffers) {
    const [dy, dx] = [window(buffers, 0), window(buffers, 1)];
    for (let i = 0; i < batch * channels * spatial; i++) {
      const share = at(dy, Math.floor(i / spatial)) / spatial;
      dx[i] = share + (accumulate ? at(dx, i) : 0);
    }
  },
};
