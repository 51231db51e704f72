/** Causal attention of one new position a sequence over a cache of full length: what writing token by token needs. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import type { AttentionParams } from './attention.ts';

/** Bindings: q [batch, heads, width], k, v [batch, positions, kvHeads, width], place u32 [batch], o as q. */
export const attentionStep: Kernel<AttentionParams> = {
  name: 'attention_step',
  sources: ['lib/grid', 'nn/attention_step'],
  bindings: [
    { name: 'q', access: 'read', dtype: 'f32' },
    { name: 'k', access: 'read', dtype: 'f32' },
    { name: 'v', access: 'read', dtype: 'f32' },
    { name: 'place', access: 'read', dtype: 'u32' },
    { name: 'o', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ width }) => ({ width }),
  shape: ({ batch, positions, heads, kvHeads }) => [batch * heads, positions, heads, kvHeads],
  workgroups: ({ batch, heads }) => grid(batch * heads),
  lengths: ({ batch, positions, heads, kvHeads, width }) => {
    const keys = batch * positions * kvHeads * width;
    return [batch * heads * width, keys, keys, batch, batch * heads * width];
  },
  reference({ batch, positions, heads, kvHeads, width }, buffers) {
    const [q, k, v] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [place, o] = [window(buffers, 3), window(buffers, 4)];
    for (let own = 0; own < batch * heads; own++) {
      const sample = Math.floor(own / heads);
      const head = Math.floor((own % heads) / (heads / kvHeads));
      const key = (j: number) => ((sample * positions + j) * kvHeads + head) * width;
      const end = Math.min(at(place, sample) + 1, positions);
      const scores = Array.from({ length: end }, (_, j) => {
        let sum = 0;
        for (let d = 0; d < width; d++) sum += at(q, own * width + d) * at(k, key(j) + d);
        return sum / Math.sqrt(width);
      });
      const top = Math.max(...scores);
      const weights = scores.map((s) => Math.exp(s - top));
      const total = weights.reduce((sum, w) => sum + w, 0);
      for (let d = 0; d < width; d++) {
        let sum = 0;
        weights.forEach((w, j) => {
          sum += (w / total) * at(v, key(j) + d);
        });
        o[own * width + d] = sum;
      }
    }
  },
};
