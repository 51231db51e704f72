/**
 * Causal attention with heads and grouped heads (Vaswani et al., arXiv 1706.03762; Ainslie et al., arXiv 2305.13245).
 * One form for every length: keys in tiles, four queries a workgroup, the weights never kept. Its twin for CPU adapters is
 * attentionRegisters.ts.
 */
import { at, grid, type Kernel, type Numbers, window } from '../tensor/kernel.ts';

export interface AttentionParams {
  readonly batch: number;
  readonly positions: number;
  readonly heads: number;
  /** Divides `heads`: so many query heads share a head of keys and values. */
  readonly kvHeads: number;
  /** Of one head; at most `maxHeadWidth`. */
  readonly width: number;
}

/** What four rows of four tensors leave room for in 16 KiB of workgroup memory. */
export const maxHeadWidth = 128;

/** Rows that a workgroup takes together. */
const together = 4;

/** Bindings: q [batch, positions, heads, width], k, v with kvHeads, o as q, stats [batch, heads, positions, 2]. */
export const attention: Kernel<AttentionParams> = {
  name: 'attention',
  sources: ['lib/grid', 'lib/attention_rows', 'nn/attention'],
  bindings: [
    { name: 'q', access: 'read', dtype: 'f32' },
    { name: 'k', access: 'read', dtype: 'f32' },
    { name: 'v', access: 'read', dtype: 'f32' },
    { name: 'o', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ width, positions }) => ({ width, lanes: attentionLanes(positions) }),
  shape: (params) => attentionShape(params, params.heads),
  workgroups: (params) => grid(attentionGroups(params, params.heads)),
  lengths(params) {
    const { queries, keys, stats } = attentionLengths(params);
    return [queries, keys, keys, queries, stats];
  },
  reference(params, buffers) {
    const [q, k, v] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [o, stats] = [window(buffers, 3), window(buffers, 4)];
    forEachQuery(params, ({ row, query, key, i }) => {
      const scores = Array.from({ length: i + 1 }, (_, j) => score(params, q, query, k, key(j)));
      const top = Math.max(...scores);
      const logSum = top + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - top), 0));
      stats[2 * row] = logSum;
      stats[2 * row + 1] = 0;
      for (let d = 0; d < params.width; d++) {
        let sum = 0;
        scores.forEach((s, j) => {
          sum += Math.exp(s - logSum) * at(v, key(j) + d);
        });
        o[query + d] = sum;
      }
    });
  },
};

/**
 * Lanes of a workgroup, and keys of a tile. A quarter of a short text's positions: half of the keys of a query are not seen,
 * and a lane that has none waits for those that do, which a CPU adapter pays for.
 */
export function attentionLanes(positions: number): number {
  return Math.min(64, Math.max(8, 2 ** Math.ceil(Math.log2(positions / 4))));
}

/** Workgroups: one for every four rows of each of so many heads. */
export function attentionGroups({ batch, positions }: AttentionParams, heads: number): number {
  return batch * heads * Math.ceil(positions / together);
}

export function attentionShape(params: AttentionParams, heads: number): readonly number[] {
  return [attentionGroups(params, heads), params.positions, params.heads, params.kvHeads];
}

export function attentionLengths({ batch, positions, heads, kvHeads, width }: AttentionParams) {
  const rows = batch * positions;
  return { queries: rows * heads * width, keys: rows * kvHeads * width, stats: 2 * rows * heads };
}

interface Query {
  /** Of the statistics; where its numbers begin; where those of key j begin; its position. */
  readonly row: number;
  readonly query: number;
  readonly key: (j: number) => number;
  readonly i: number;
}

/** Every query of every head, for the references. */
export function forEachQuery(params: AttentionParams, visit: (query: Query) => void): void {
  const { batch, positions, heads, kvHeads, width } = params;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const shared = Math.floor(h / (heads / kvHeads));
      const key = (j: number) => ((b * positions + j) * kvHeads + shared) * width;
      for (let i = 0; i < positions; i++) {
        const query = ((b * positions + i) * heads + h) * width;
        visit({ row: (b * heads + h) * positions + i, query, key, i });
      }
    }
  }
}

/** q·k / √width. */
export function score(
  { width }: AttentionParams,
  q: Numbers,
  query: number,
  k: Numbers,
  key: number,
): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += at(q, query + d) * at(k, key + d);
  return sum / Math.sqrt(width);
}
