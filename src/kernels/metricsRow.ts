/**
 * Writes one row of the metrics ring from per-row statistics and the optimiser's health, so that no step waits for
 * the CPU. What the columns mean is the row kernel's (`rowStat`) and gradientScale's (`healthField`) affair.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { healthLength } from './gradientScale.ts';

export interface MetricsRowParams {
  /** Rows of `stats`; 0 writes the health alone. */
  readonly rows: number;
  /** Statistics of a row, at most 16; the row kernel's 16 unless told. */
  readonly width?: number;
  /** Where in the ring's row the sums begin; 0 unless told, for the row kernel; `hiddenColumn` for hidden losses. */
  readonly column?: number;
  /** Copy the health behind `healthColumn`, as it stands now; so unless told. */
  readonly health?: boolean;
  /** Add to what is there even in the first batch of a step (a second hidden loss); not so unless told. */
  readonly add?: boolean;
}

/** Rows of the ring, and floats of a row. */
export const ringRows = 256;
export const ringWidth = 32;
/** First float of the health in a ring's row, and of the hidden losses' four statistics. */
export const healthColumn = 16;
export const hiddenColumn = 28;
/** Floats of health that the ring keeps; what follows them belongs to the hidden losses. */
const healths = hiddenColumn - healthColumn;

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
  shape: ({ rows, width = 16, column = 0, health = true, add = false }) => [
    rows,
    width,
    column,
    health ? healths : 0,
    add ? 1 : 0,
  ],
  workgroups: () => [1, 1, 1],
  lengths: ({ rows, width = 16 }) => [Math.max(1, rows * width), healthLength, ringRows * ringWidth],
  reference({ rows, width = 16, column = 0, health = true, add = false }, buffers, live) {
    const [stats, state, ring] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const start = (live.get('ringRow') % ringRows) * ringWidth;
    for (let h = 0; health && h < healths; h++) ring[start + healthColumn + h] = at(state, h);
    const keep = add || live.get('micro') > 0;
    for (let c = 0; c < width && rows > 0; c++) {
      let sum = keep ? at(ring, start + column + c) : 0;
      for (let r = 0; r < rows; r++) sum += at(stats, r * width + c);
      ring[start + column + c] = sum;
    }
  },
};
