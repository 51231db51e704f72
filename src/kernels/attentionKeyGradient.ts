/** The gradients of causal attention with respect to its keys and values, over all query heads that share them. */
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

export interface AttentionKeyGradientParams extends AttentionParams {
  /** Add to dk, and to dv, in place of replacing them. */
  readonly accumulateKey: boolean;
  readonly accumulateValue: boolean;
}

/** Bindings: q, k, v as `attention`, dO as its o, stats as attentionQueryGradient left them, dk and dv as k. */
export const attentionKeyGradient: Kernel<AttentionKeyGradientParams> = {
  name: 'attention_key_gradient',
  sources: ['lib/grid', 'lib/attention_rows', 'nn/attention_key_gradient'],
  bindings: [
    { name: 'q', access: 'read', dtype: 'f32' },
    { name: 'k', access: 'read', dtype: 'f32' },
    { name: 'v', access: 'read', dtype: 'f32' },
    { name: 'd_o', access: 'read', dtype: 'f32' },
    { name: 'stats', access: 'read', dtype: 'f32' },
    { name: 'dk', access: 'read_write', dtype: 'f32' },
    { name: 'dv', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ width, positions, accumulateKey, accumulateValue }) => ({
    width,
    lanes: attentionLanes(positions),
    accumulate_key: Number(accumulateKey),
    accumulate_value: Number(accumulateValue),
  }),
  shape: (params) => attentionShape(params, params.kvHeads),
  workgroups: (params) => grid(attentionGroups(params, params.kvHeads)),
  lengths(params) {
    const { queries, keys, stats } = attentionLengths(params);
    return [queries, keys, keys, queries, stats, keys, keys];
  },
  reference(params, buffers) {
    const { width, accumulateKey, accumulateValue } = params;
    const [q, k, v] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [upstream, stats] = [window(buffers, 3), window(buffers, 4)];
    const [dk, dv] = [window(buffers, 5), window(buffers, 6)];
    const { keys } = attentionLengths(params);
    if (!accumulateKey) dk.fill(0, 0, keys);
    if (!accumulateValue) dv.fill(0, 0, keys);
    forEachQuery(params, ({ row, query, key, i }) => {
      for (let j = 0; j <= i; j++) {
        const to = key(j);
        const weight = Math.exp(score(params, q, query, k, to) - at(stats, 2 * row));
        let slope = 0;
        for (let d = 0; d < width; d++) slope += at(upstream, query + d) * at(v, to + d);
        const factor = (weight * (slope - at(stats, 2 * row + 1))) / Math.sqrt(width);
        for (let d = 0; d < width; d++) {
          dk[to + d] = at(dk, to + d) + factor * at(q, query + d);
          dv[to + d] = at(dv, to + d) + weight * at(upstream, query + d);
        }
      }
    });
  },
};
