/**
 * The logarithm of causal attention's weights, kept for every pair of positions: for losses that compare how a student
 * attends with how its teacher does. The student's own attention (attention.ts) keeps no weight.
 */

import { grid, type Kernel, window } from '../tensor/kernel.ts';
import { type AttentionParams, attentionLengths, forEachQuery, score } from './attention.ts';

export const attentionLanes = 64;

/** Bindings: x [batch, positions, heads, width], y with kvHeads, weights [batch, positions, heads, positions]. */
export const attentionWeights: Kernel<AttentionParams> = {
  name: 'attention_weights',
  sources: ['lib/grid', 'lib/lanes', 'lib/row_groups', 'distill/attention_weights'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read', dtype: 'f32' },
    { name: 'weights', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ LANES: attentionLanes }),
  shape: (params) => [
    rowsOf(params),
    params.positions,
    params.heads,
    params.kvHeads,
    params.width,
    attentionLanes,
  ],
  workgroups: (params) => grid(rowsOf(params)),
  lengths: (params) => {
    const { queries, keys } = attentionLengths(params);
    return [queries, keys, rowsOf(params) * params.positions];
  },
  reference(params, buffers) {
    const [x, y, weights] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const { positions, width } = params;
    forEachQuery(params, ({ query, key, i }) => {
      const scores = Array.from({ length: i + 1 }, (_, j) => score(params, x, query, y, key(j)));
      const top = Math.max(...scores);
      const logSum = top + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - top), 0));
      const first = (query / width) * positions;
      weights.fill(0, first, first + positions);
      weights.set(
        scores.map((s) => s - logSum),
        first,
      );
    });
  },
};

/** Queries of all heads. */
function rowsOf({ batch, positions, heads }: AttentionParams): number {
  return batch * positions * heads;
}
