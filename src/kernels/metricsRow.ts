/**
 * Writes one row of the metrics ring from per-row statistics and the optimiser's health, so that no step waits for
 * the CPU. What the columns mean is the row kernel's (`rowStat`) and gradientScale's (`healthField`) affair.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { healthLength } from './gradientScale.ts';
import { rowStats } from './rowLoss.ts';

export interface MetricsRowParams {
  /** Rows of `stats`; 0 writes the health alone. */
  readonly rows: number;
  /** Copy the health behind `healthColumn`, as it stands now; so unless told. */
  readonly health?: boolean;
}

/** Rows of the ring, and floats of a row: the row kernel's sums, then the health. */
export const ringRows = 256;
export const ringWidth = 32;
export const healthColumn = 16;

export const metricsRow: Kernel<MetricsRowParams> = {
  name: 'metrics_row',
  sources: ['lib/live', 'optim/metrics_row'],
  bindings: [
    { name: 'stats', access: 'read', dtype: 'f32' },
    { name: 'health', access: 'read', dtype: 'f32' },
    { name: 'ring', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({}),
  shape: ({ rows, health = true }) => [rows, health ? healthLength : 0],
  workgroups: () => [1, 1, 1],
  lengths: ({ rows }) => [Math.max(1, rows * rowStats), healthLength, ringRows * ringWidth],
  reference({ rows, health = true }, buffers, live) {
    const [stats, state, ring] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const start = (live.get('ringRow') % ringRows) * ringWidth;
    for (let h = 0; health && h < healthLength; h++) ring[start + healthColumn + h] = at(state, h);
    for (let c = 0; c < rowStats && rows > 0; c++) {
      let sum = live.get('micro') > 0 ? at(ring, start + c) : 0;
      for (let r = 0; r < rows; r++) sum += at(stats, r * rowStats + c);
      ring[start + c] = sum;
    }
  },
};
