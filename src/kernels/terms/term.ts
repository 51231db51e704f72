/**
 * What a term of the row loss is, and what it may ask of an element of a row: the float64 twin of
 * shaders/distill/terms/row.wgsl. No term lives here.
 */

/** One class of one row: student logit z, teacher logit u, q and p their softmaxes at the temperature. */
export interface Element {
  readonly z: number;
  readonly u: number;
  readonly logQ: number;
  readonly logP: number;
  readonly q: number;
  readonly p: number;
  /** log q − log p. */
  readonly d: number;
  /** At temperature 1. */
  readonly logQOne: number;
  readonly qOne: number;
  /** This class is the teacher's answer, the first largest logit. */
  readonly teacherTop: boolean;
  readonly classes: number;
}

export interface Term {
  /** Its number in shaders/distill/terms/switch.wgsl. */
  readonly code: number;
  /** The element's share of the row's loss. */
  loss(x: Element, beta: number): number;
  /**
   * For `softened` terms ∂L/∂log q, up to a multiple of q (the kernel subtracts q·Σ and divides by T); for `plain`
   * ones ∂L/∂z itself.
   */
  slope(x: Element, beta: number): number;
  readonly rule: 'softened' | 'plain';
}

/** w·(eˣ − 1 − x) ≥ 0, with `grown` = w·eˣ where eˣ would overflow. */
export function excess(w: number, x: number, grown: number): number {
  return x > 10 ? grown - w * (1 + x) : w * (Math.expm1(x) - x);
}

/** log(1 − w + w·eˣ) by log-add-exp. */
export function logMix(w: number, x: number): number {
  return x > 10 ? x + Math.log1p((1 - w) * Math.expm1(-x)) : Math.log1p(w * Math.expm1(x));
}
