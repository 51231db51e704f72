/**
 * What the row losses that are no sums over classes have in common: they run after the row loss, on rows that it found
 * valid and finite, add to its gradient and statistics, and fill the columns of their own slot. Holds no loss.
 */
import { at, grid, type Numbers } from '../tensor/kernel.ts';
import type { LiveReader } from '../tensor/live.ts';
import { rowFlag, rowStat, rowStats } from './rowLoss.ts';
import { logitLimit } from './rowReference.ts';

/** Loss of a row and its gradient at the student's logits, without weight and without T². */
export interface RowLossValue {
  readonly loss: number;
  readonly gradient: Float64Array;
}

export interface TermRows {
  readonly rows: number;
  /** Classes of the student. */
  readonly classes: number;
  /** Which of the arm's four terms it is. */
  readonly slot: number;
}

/** Parts that the shaders of these losses share: `Row`, `Element` and the sums over a workgroup. */
export const rowLibrary = [
  'lib/live',
  'lib/grid',
  'distill/terms/series',
  'distill/terms/after_row',
  'distill/terms/row',
] as const;

/** Lanes of the workgroup that takes a row: the same for every width, so that a kernel is compiled once. */
export const rowLanes = 64;

/** A number as the bits of a float, for a shape window. */
export function bitsOf(x: number): number {
  return new Uint32Array(Float32Array.of(x).buffer)[0] ?? 0;
}

export const oneRowEach = ({ rows }: { readonly rows: number }) => grid(rows);

/** The temperature of the step, as the shaders clamp it. */
export function clampedTemperature(live: LiveReader): number {
  return Math.min(Math.max(live.get('temperature'), 0.01), 1000);
}

/**
 * Adds `lossOf` of each row to `gradient` and `stats`; the last two bindings of every such kernel. Rows that are not
 * valid, or in which the row loss found a broken logit, are left as they are.
 */
export function addTermRows(
  { rows, classes, slot }: TermRows,
  flags: Numbers,
  [gradient, stats]: readonly [Numbers, Numbers],
  live: LiveReader,
  lossOf: (row: number) => RowLossValue,
): void {
  const factor = live.termWeight(slot) * live.get('inverseValid');
  for (let r = 0; r < rows; r++) {
    if ((at(flags, r) & rowFlag.valid) === 0 || at(stats, r * rowStats + rowStat.broken) !== 0) continue;
    const { loss, gradient: found } = lossOf(r);
    let squares = 0;
    for (let j = 0; j < classes; j++) {
      const g = factor * at(found, j);
      squares += g * g;
      gradient[r * classes + j] = at(gradient, r * classes + j) + g;
    }
    const row = r * rowStats;
    stats[row + rowStat.total] = at(stats, row + rowStat.total) + factor * loss;
    stats[row + rowStat.term + slot] = loss * live.get('inverseValid');
    stats[row + rowStat.termGradient + slot] = squares;
  }
}

/** The logits of row r as the shaders take them: within ±1e6, −∞ as the lowest, others that are not finite as 0. */
export function tamedRow(logits: Numbers, r: number, classes: number): Float64Array {
  return Float64Array.from(logits.subarray(r * classes, (r + 1) * classes), tamed);
}

export function tamed(x: number): number {
  if (x === Number.NEGATIVE_INFINITY) return -logitLimit;
  return Number.isFinite(x) ? Math.min(Math.max(x, -logitLimit), logitLimit) : 0;
}

/** log softmax(x/T). The largest element is left out of the sum, so that log(1 + rest) keeps its digits. */
export function logSoftmaxOf(x: Float64Array, temperature: number): Float64Array {
  let top = 0;
  for (let j = 1; j < x.length; j++) if (at(x, j) > at(x, top)) top = j;
  const largest = at(x, top);
  let rest = 0;
  for (let j = 0; j < x.length; j++) if (j !== top) rest += Math.exp((at(x, j) - largest) / temperature);
  return x.map((value) => (value - largest) / temperature - Math.log1p(rest));
}

/** ∂L/∂z from a = ∂L/∂q: q_j(a_j − Σ q a)/T. */
export function fromProbabilitySlope(q: Float64Array, a: Float64Array, temperature: number): Float64Array {
  const mean = q.reduce((sum, x, j) => sum + x * at(a, j), 0);
  return q.map((x, j) => (x * (at(a, j) - mean)) / temperature);
}

/** eˣ as the shaders have it: 0 below the float32 range. */
export function expSafe(x: number): number {
  return x > -87 ? Math.exp(x) : 0;
}
