/** The gradient of learned positions: the sum over the sequences of a batch. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface AddPositionsGradientParams {
  readonly batch: number;
  readonly positions: number;
  readonly width: number;
  /** Add to dp in place of replacing it. */
  readonly accumulate: boolean;
}

const workgroupSize = 64;

/** Bindings: dy [batch, positions, width], dp [positions, width]. */
export const addPositionsGradient: Kernel<AddPositionsGradientParams> = {
  name: 'add_positions_gradient',
  sources: ['lib/grid', 'nn/add_positions_gradient'],
  bindings: [
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'dp', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ accumulate }) => ({ workgroup_size: workgroupSize, accumulate: Number(accumulate) }),
  shape: ({ batch, positions, width }) => [batch, positions * width],
  workgroups: ({ positions, width }) => grid(Math.ceil((positions * width) / workgroupSize)),
  lengths: ({ batch, positions, width }) => [batch * positions * width, positions * width],
  reference({ batch, positions, width, accumulate }, buffers) {
    const [dy, dp] = [window(buffers, 0), window(buffers, 1)];
    const period = positions * width;
    for (let i = 0; i < period; i++) {
      let sum = accumulate ? at(dp, i) : 0;
      for (let b = 0; b < batch; b++) sum += at(dy, b * period + i);
      dp[i] = sum;
    }
  },
};
