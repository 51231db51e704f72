/**
 * What is found out about a loss before it is trained, as plain data: one line a check, in order. Sentences are the
 * engine's own, ready to be shown and copied.
 */

/** A loss by its id in the catalogue, with parameters by name (defaults for those left out), or `formula` with its text. */
export interface CheckedLoss {
  readonly id: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly formula?: string;
}

export const checkNames = [
  /** The formula can be read, and everything in it has a meaning. */
  'parses',
  /** Value and gradient are finite on edge logits: ±80, equal, one-hot, masked. */
  'finite',
  /** The gradient that this adapter computes, against the float64 reference, in norm. */
  'gpu-gradient',
  /** The reference's gradient against differences of its value, in norm. */
  'differences',
  /** 0, with no gradient, where the student equals its teacher. */
  'zero',
  /** The same where a constant is added to all of the student's logits. */
  'shift',
  /** What becomes of the gradient as T grows. */
  'hot',
  /** Time of the row kernel, against forward KL. */
  'cost',
] as const;
export type CheckName = (typeof checkNames)[number];

export interface CheckLine {
  readonly check: CheckName;
  /** `note`: a property that a loss may have or not; it is said which. `skipped`: another check failed before. */
  readonly verdict: 'pass' | 'fail' | 'note' | 'skipped';
  /** What was measured, and the most that passes; null where there is none. */
  readonly figure: number | null;
  readonly limit: number | null;
  /** One sentence without a full stop. */
  readonly says: string;
  /** Of a formula that cannot be read: the place, from 1. */
  readonly position?: { readonly line: number; readonly column: number; readonly length: number };
  /** What to do about a failure, as an imperative sentence without a full stop. */
  readonly remedy?: string;
}

export interface LossReport {
  readonly loss: CheckedLoss;
  readonly title: string;
  /** One line for each of `checkNames`, in that order. */
  readonly lines: readonly CheckLine[];
  readonly milliseconds: number;
  /** A formula's parameters, for controls; empty for the catalogue's. */
  readonly parameters: readonly {
    readonly name: string;
    readonly default: number;
    readonly min: number;
    readonly max: number;
  }[];
  /** The term as the adapter compiles it, where the loss is a formula that can be read. */
  readonly wgsl: string | null;
}
