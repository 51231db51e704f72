/**
 * One row under one loss, in float64: its value and its gradient at the student's logits. For pictures of what a loss
 * punishes and for comparing losses on a sample; nothing here is trained. The loss is the plain one: no weight, no T².
 */
import {
  type RowLossParams,
  rowLossReference,
  rowStat,
  rowStats,
  type TermId,
  termIds,
} from '../kernels/rowLoss.ts';
import { LiveBlock, LiveWindow } from '../tensor/live.ts';

export interface Row {
  /** (V). */
  readonly student: ArrayLike<number>;
  /** (V). */
  readonly teacher: ArrayLike<number>;
  /** Null where it is unknown: losses on labels are then 0. */
  readonly label: number | null;
}

export interface Probed {
  readonly value: number;
  /** ∂L/∂z, (V). */
  readonly gradient: Float64Array;
}

export interface ProbedLoss {
  readonly id: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/** Losses that one row decides by itself. */
export function canProbe(id: string): boolean {
  return id === 'ce' || id === 'label_smoothing' || isTerm(id);
}

/** Null where the loss needs more than one row, or hidden states. */
export function probe({ id, parameters }: ProbedLoss, temperature: number, row: Row): Probed | null {
  if (!canProbe(id)) return null;
  const block = new LiveBlock(1);
  block.set(0, 'temperature', temperature);
  block.set(0, 'inverseValid', 1);
  block.set(0, 'inverseLabelled', 1);
  block.set(0, 'labelWeight', isTerm(id) ? 0 : 1);
  block.set(0, 'smoothing', id === 'label_smoothing' ? (parameters['smoothing'] ?? 0.1) : 0);
  block.setTerm(0, 0, 1, parameters['beta'] ?? 0.5);
  const params: RowLossParams = { rows: 1, classes: row.student.length, terms: isTerm(id) ? [id] : [] };
  const gradient = new Float64Array(params.classes);
  const stats = new Float64Array(rowStats);
  const label = row.label === null || isTerm(id) ? [0, 1] : [row.label, 3];
  const buffers = [
    Float64Array.from(row.student),
    Float64Array.from(row.teacher),
    Uint32Array.of(label[0] ?? 0),
    Uint32Array.of(label[1] ?? 1),
    gradient,
    stats,
  ];
  rowLossReference(params, buffers, new LiveWindow(block.words));
  return { value: stats[rowStat.total] ?? 0, gradient };
}

function isTerm(id: string): id is TermId {
  return termIds.some((known) => known === id);
}

export interface Comparison {
  /** In the order asked for; null where a loss cannot be probed. */
  readonly probed: readonly (Probed | null)[];
  /** Euclidean norm of each gradient; NaN where there is none. */
  readonly norms: readonly number[];
  /** Cosine of each pair of gradients; NaN where one is null or 0. */
  readonly cosines: readonly (readonly number[])[];
}

/** Several losses on the same row, and how far their gradients agree. */
export function compareLosses(losses: readonly ProbedLoss[], temperature: number, row: Row): Comparison {
  const probed = losses.map((loss) => probe(loss, temperature, row));
  const norms = probed.map((one) => (one === null ? Number.NaN : Math.hypot(...one.gradient)));
  const cosines = probed.map((a, i) =>
    probed.map((b, j) => {
      const size = (norms[i] ?? 0) * (norms[j] ?? 0);
      return a === null || b === null || !(size > 0) ? Number.NaN : dot(a.gradient, b.gradient) / size;
    }),
  );
  return { probed, norms, cosines };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, j) => sum + value * (b[j] ?? 0), 0);
}
