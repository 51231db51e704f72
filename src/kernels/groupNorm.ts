/**
 * Normalisation of each sample's groups of channels (Wu and He, arXiv 1803.08494). One group with one position a
 * channel is layer normalisation of rows (Ba et al., arXiv 1607.06450), so there is no kernel of that name. Not
 * batch normalisation: no statistics cross samples.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface GroupNormParams {
  readonly batch: number;
  readonly channels: number;
  /** Divides `channels`. */
  readonly groups: number;
  /** Positions in a channel: height · width, or 1. */
  readonly spatial: number;
  /** RMS normalisation (Zhang and Sennrich, arXiv 1910.07467): the mean counts as 0, and beta is not read. */
  readonly rms?: boolean;
}

/** Added to the variance. ONNX exports must say the same. */
export const groupNormEpsilon = 1e-5;

/** Rows of `size` numbers, each normalised by itself. */
export function layerNormParams(rows: number, size: number): GroupNormParams {
  return { batch: rows, channels: size, groups: 1, spatial: 1 };
}

/**
 * Lanes that share a group of numbers: about the root of their count, since a lane adds its own numbers and then those of
 * all lanes. With 64 for rows of 32 nearly all of a narrow transformer's time on a CPU adapter went into such sums.
 */
export function sumLanes({ channels, groups, spatial }: GroupNormParams): number {
  const size = (channels / groups) * spatial;
  return Math.min(64, Math.max(8, 2 ** Math.round(Math.log2(size) / 2)));
}

/** Bindings: x [batch, channels, spatial], gamma, beta [channels], y as x, stats [batch · groups, 2] = mean, 1/σ. */
export const groupNorm: Kernel<GroupNormParams> = {
  name: 'group_norm',
  sources: ['lib/grid', 'lib/workgroup_sum', 'nn/group_norm'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'gamma', access: 'read', dtype: 'f32' },
    { name: 'beta', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: (params) => ({
    epsilon: groupNormEpsilon,
    centred: Number(!(params.rms ?? false)),
    sum_lanes: sumLanes(params),
  }),
  shape: ({ batch, channels, groups, spatial }) => [batch * groups, groups, channels / groups, spatial],
  workgroups: ({ batch, groups }) => grid(batch * groups),
  lengths: ({ batch, channels, groups, spatial }) => {
    const length = batch * channels * spatial;
    return [length, channels, channels, length, 2 * batch * groups];
  },
  reference({ batch, channels, groups, spatial, rms = false }, buffers) {
    const [x, gamma, beta] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [y, stats] = [window(buffers, 3), window(buffers, 4)];
    const size = (channels / groups) * spatial;
    for (let row = 0; row < batch * groups; row++) {
      let mean = 0;
      if (!rms) for (let i = 0; i < size; i++) mean += at(x, row * size + i) / size;
      let variance = 0;
      for (let i = 0; i < size; i++) variance += (at(x, row * size + i) - mean) ** 2 / size;
      const inverse = 1 / Math.sqrt(variance + groupNormEpsilon);
      for (let i = 0; i < size; i++) {
        const c = (row % groups) * (channels / groups) + Math.floor(i / spatial);
        const offset = rms ? 0 : at(beta, c);
        y[row * size + i] = (at(x, row * size + i) - mean) * inverse * at(gamma, c) + offset;
      }
      stats[2 * row] = mean;
      stats[2 * row + 1] = inverse;
    }
  },
};
