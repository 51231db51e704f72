/**
 * The gradient of causal attention with respect to its queries (Dao et al., arXiv 2205.14135). It leaves a number a
 * query in the statistics, which attentionKeyGradient needs: this one runs first.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import {
  type AttentionParams,
  attentionGroups,
  attentionLanes,
  attentionLengths,
  attentionShape,
  forEachQuery,
  score,
} from './attention.ts';

export interface AttentionQueryGradientParams extends AttentionParams {
  /** Add to dq in place of replacing it. */
  readonly accumulate: boolean;
}

/** Bindings: q, k, v, o as `attention`, dO as o, stats as `attention` wrote them, dq as q. */
export const attentionQueryGradient: Kernel<AttentionQueryGradientParams> = {
  name: 'attention_query_gradient',
  sources: ['lib/grid', 'lib/attention_rows', 'nn/attention_query_gradient'],
  bindings: [
    { name: 'q', access: 'read', dtype: 'f32' },
    { name: 'k', access: 'read', dtype: 'f32' },
    { name: 'v', access: 'read', dtype: 'f32' },
    { name: 'o', access: 'read', dtype: 'f32' },
    { name: 'd_o', access: 'read', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
    { name: 'dq', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ width, positions, accumulate }) => ({
    width,
    lanes: attentionLanes(positions),
    accumulate: Number(accumulate),
  }),
  shape: (params) => attentionShape(params, params.heads),
  workgroups: (params) => grid(attentionGroups(params, params.heads)),
  lengths(params) {
    const { queries, keys, stats } = attentionLengths(params);
    return [queries, keys, keys, queries, queries, stats, queries];
  },
  reference(params, buffers) {
    const { width, accumulate } = params;
    const [q, k, v, o] = [window(buffers, 0), window(buffers, 1), window(buffers, 2), window(buffers, 3)];
    const [upstream, stats, dq] = [window(buffers, 4), window(buffers, 5), window(buffers, 6)];
    forEachQuery(params, ({ row, query, key, i }) => {
      let mean = 0;
      for (let d = 0; d < width; d++) mean += at(upstream, query + d) * at(o, query + d);
      stats[2 * row + 1] = mean;
      if (!accumulate) dq.fill(0, query, query + width);
      for (let j = 0; j <= i; j++) {
        const weight = Math.exp(score(params, q, query, k, key(j)) - at(stats, 2 * row));
        let slope = 0;
        for (let d = 0; d < width; d++) slope += at(upstream, query + d) * at(v, key(j) + d);
        const factor = (weight * (slope - mean)) / Math.sqrt(width);
        for (let d = 0; d < width; d++) dq[query + d] = at(dq, query + d) + factor * at(k, key(j) + d);
      }
    });
  },
};
