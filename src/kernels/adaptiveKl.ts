/**
 * Adaptive KL (Wu et al. 2024): forward and reverse KL, weighted by where the student is off: among the teacher's likely
 * classes or among the unlikely ones. It runs after the row loss; the teacher's order comes from sortRows.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { forwardKlRow, reverseKlRow } from './klRows.ts';
import { oneBits, rowStats } from './rowLoss.ts';
import { descending } from './sortRows.ts';
import {
  addTermRows,
  clampedTemperature,
  logSoftmaxOf,
  oneRowEach,
  type RowLossValue,
  rowLanes,
  rowLibrary,
  type TermRows,
  tamedRow,
} from './termRows.ts';

/** Bindings: logits [rows, V], teacher [rows, V], the teacher's order [rows, V], flags, gradient, stats. */
export const adaptiveKl: Kernel<TermRows> = {
  name: 'adaptive_kl',
  sources: [
    ...rowLibrary,
    'lib/lanes',
    'lib/row_groups',
    'distill/terms/own_slot',
    'distill/terms/row_lanes',
    'distill/adaptive_kl',
  ],
  bindings: [
    { name: 'logits', access: 'read', dtype: 'f32' },
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'order', access: 'read', dtype: 'u32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'gradient', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: () => ({ LANES: rowLanes }),
  shape: ({ rows, classes, slot }) => [rows, classes, slot, rowLanes, oneBits],
  workgroups: oneRowEach,
  lengths: ({ rows, classes }) => {
    const all = rows * classes;
    return [all, all, all, rows, all, rows * rowStats];
  },
  reference(params, buffers, live) {
    const [logits, teacher, flags] = [window(buffers, 0), window(buffers, 1), window(buffers, 3)];
    const mu = live.termParams(params.slot)[0] ?? 0;
    addTermRows(params, flags, [window(buffers, 4), window(buffers, 5)], live, (r) => {
      const [z, u] = [tamedRow(logits, r, params.classes), tamedRow(teacher, r, params.classes)];
      return adaptiveKlRow(
        z,
        u,
        clampedTemperature(live),
        adaptiveWeights(z, u, clampedTemperature(live), mu),
      );
    });
  },
};

/** What the two divergences count for in a row; constants of its gradient. */
export interface AdaptiveWeights {
  readonly head: number;
  readonly tail: number;
  /** Least distance of a cumulative mass from μ: near 0 another precision may divide the classes otherwise. */
  readonly clearance: number;
}

export function adaptiveWeights(
  z: Float64Array,
  u: Float64Array,
  temperature: number,
  mu: number,
): AdaptiveWeights {
  const q = logSoftmaxOf(z, temperature).map(Math.exp);
  const p = logSoftmaxOf(u, temperature).map(Math.exp);
  let [mass, head, tail, clearance] = [0, 0, 0, Number.POSITIVE_INFINITY];
  for (const j of [...descending(u)].reverse()) {
    mass += at(p, j);
    clearance = Math.min(clearance, Math.abs(mass - mu));
    const gap = Math.abs(at(p, j) - at(q, j));
    if (mass <= mu) tail += gap;
    else head += gap;
  }
  const both = head + tail;
  return both === 0 ? { head: 0, tail: 0, clearance } : { head: head / both, tail: tail / both, clearance };
}

/** Loss and gradient of one row with given weights. */
export function adaptiveKlRow(
  z: Float64Array,
  u: Float64Array,
  temperature: number,
  { head, tail }: AdaptiveWeights,
): RowLossValue {
  const [forward, reverse] = [forwardKlRow(z, u, temperature), reverseKlRow(z, u, temperature)];
  return {
    loss: head * forward.loss + tail * reverse.loss,
    gradient: forward.gradient.map((g, j) => head * g + tail * at(reverse.gradient, j)),
  };
}
