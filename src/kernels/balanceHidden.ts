/**
 * The factor that brings the hidden losses of a batch to the size of its terms on logits, found on the GPU, and the
 * statistics as they are with it. scaleBy applies it to the gradients; it is a constant of them.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { maxTerms } from '../tensor/live.ts';
import { rowStat, rowStats } from './rowLoss.ts';

const lanes = 64;

/** Bindings: stats [rows, 16], factor [1]. */
export const balanceHidden: Kernel<{ readonly rows: number }> = {
  name: 'balance_hidden',
  sources: ['lib/live', 'lib/lanes', 'distill/balance_hidden'],
  bindings: [
    { name: 'stats', access: 'read_write', dtype: 'f32' },
    { name: 'factor', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ LANES: lanes }),
  shape: ({ rows }) => [rows, lanes],
  workgroups: () => [1, 1, 1],
  lengths: ({ rows }) => [rows * rowStats, 1],
  reference({ rows }, buffers, live) {
    const stats = window(buffers, 0);
    let [logits, hidden] = [0, 0];
    for (let r = 0; r < rows; r++) {
      const row = r * rowStats;
      for (let k = 0; k < maxTerms; k++) logits += live.termWeight(k) * at(stats, row + rowStat.term + k);
      hidden += at(stats, row + rowStat.hidden);
    }
    const scale = hidden === 0 ? 0 : Math.abs(logits) / hidden;
    for (let r = 0; r < rows; r++) {
      const [total, squares] = [r * rowStats + rowStat.total, r * rowStats + rowStat.hiddenGradient];
      const raw = at(stats, r * rowStats + rowStat.hidden);
      stats[total] = at(stats, total) + live.get('hiddenWeight') * (scale - 1) * raw;
      stats[squares] = scale ** 2 * at(stats, squares);
    }
    window(buffers, 1)[0] = scale;
  },
};
