/** metricsRow for a GPU: the same row of the ring, summed by a whole workgroup that asks for many rows at once. */
import type { Kernel } from '../tensor/kernel.ts';
import { type MetricsRowParams, metricsRow } from './metricsRow.ts';

const lanes = 256;

export const metricsRowWide: Kernel<MetricsRowParams> = {
  ...metricsRow,
  name: 'metrics_row_wide',
  shape: (params) => [...metricsRow.shape(params), lanes],
  sources: ['lib/live', 'optim/metrics_row_wide'],
};

/** The form for an adapter of that kind. */
export function metricsRowFor(software: boolean): Kernel<MetricsRowParams> {
  return software ? metricsRow : metricsRowWide;
}
