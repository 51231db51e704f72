/** From the slopes of attentionKl by the scores to the gradient at queries, at keys, or at values that met themselves. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { type AttentionParams, attentionLengths, forEachQuery } from './attention.ts';
import { attentionLanes } from './attentionWeights.ts';
import { rowStat, rowStats } from './rowLoss.ts';

/** In the order of SIDE in the shader; `both` where x and y are one tensor. */
const sides = ['queries', 'keys', 'both'] as const;

export interface AttentionKlGradientParams extends AttentionParams {
  readonly side: (typeof sides)[number];
  /** Add to the gradient in place of replacing it. */
  readonly accumulate: boolean;
}

/** Bindings: slopes [batch, positions, heads, positions], x, y, the gradient as one of them, stats [rows, 16]. */
export const attentionKlGradient: Kernel<AttentionKlGradientParams> = {
  name: 'attention_kl_gradient',
  sources: ['lib/grid', 'lib/lanes', 'lib/row_groups', 'distill/attention_kl_gradient'],
  bindings: [
    { name: 'slopes', access: 'read', dtype: 'f32' },
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read', dtype: 'f32' },
    { name: 'gradient', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ side, accumulate }) => ({
    LANES: attentionLanes,
    SIDE: sides.indexOf(side),
    ACCUMULATE: Number(accumulate),
  }),
  shape: ({ batch, positions, heads, kvHeads, width }) => [
    ...[batch * positions, positions, heads, kvHeads, width, attentionLanes],
  ],
  workgroups: ({ batch, positions }) => grid(batch * positions),
  lengths: (params) => {
    const { queries, keys } = attentionLengths(params);
    const { batch, positions, heads, side } = params;
    const rows = batch * positions;
    return [rows * heads * positions, queries, keys, side === 'queries' ? queries : keys, rows * rowStats];
  },
  reference(params, buffers) {
    const { batch, positions, width, side, accumulate } = params;
    const [slopes, x, y] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [gradient, stats] = [window(buffers, 3), window(buffers, 4)];
    const found = new Float64Array(gradient.length);
    forEachQuery(params, ({ query, key, i }) => {
      for (let j = 0; j <= i; j++) {
        const slope = at(slopes, (query / width) * positions + j) / Math.sqrt(width);
        for (let d = 0; d < width; d++) {
          if (side !== 'keys') found[query + d] = at(found, query + d) + slope * at(y, key(j) + d);
          if (side !== 'queries') found[key(j) + d] = at(found, key(j) + d) + slope * at(x, query + d);
        }
      }
    });
    const size = gradient.length / (batch * positions);
    for (let row = 0; row < batch * positions; row++) {
      const own = found.subarray(row * size, (row + 1) * size);
      const column = row * rowStats + rowStat.hiddenGradient;
      stats[column] = at(stats, column) + own.reduce((sum, g) => sum + g * g, 0);
    }
    found.forEach((g, e) => {
      gradient[e] = g + (accumulate ? at(gradient, e) : 0);
    });
  },
};
