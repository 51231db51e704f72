/** The mean over positions of each channel: how hidden maps become vectors, and global average pooling. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface PoolMapParams {
  readonly batch: number;
  readonly channels: number;
  /** Positions in a channel: height · width. */
  readonly spatial: number;
}

const workgroupSize = 64;

/** Bindings: x [batch, channels, spatial], y [batch, channels]. */
export const poolMap: Kernel<PoolMapParams> = {
  name: 'pool_map',
  sources: ['lib/grid', 'tensor/pool_map'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ batch, channels, spatial }) => [batch * channels, spatial],
  workgroups: ({ batch, channels }) => grid(Math.ceil((batch * channels) / workgroupSize)),
  lengths: ({ batch, channels, spatial }) => [batch * channels * spatial, batch * channels],
  reference({ batch, channels, spatial }, buffers) {
    const [x, y] = [window(buffers, 0), window(buffers, 1)];
    for (let p = 0; p < batch * channels; p++) {
      let sum = 0;
      for (let s = 0; s < spatial; s++) sum += at(x, p * spatial + s);
      y[p] = sum / spatial;
    }
  },
};
