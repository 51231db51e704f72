/**
 * What a term of the row loss is, and what it may ask of an element of a row: the float64 twin of
 * shaders/distill/terms/row.wgsl. No term lives here.
 */
import type { Source } from '../../tensor/kernel.ts';

/** What a term may know of the whole row. */
export interface Row {
  readonly temperature: number;
  readonly classes: number;
  /** null in a row without a label; a term that counts labelled rows is not asked there. */
  readonly label: number | null;
  /** The first of the largest logits. */
  readonly studentTop: number;
  readonly teacherTop: number;
  /** Largest logits of both beside the label. */
  readonly studentOther: number;
  readonly teacherOther: number;
  readonly elements: readonly Element[];
}

/** One class of one row: student logit z, teacher logit u, q and p their softmaxes at the temperature. */
export interface Element {
  readonly index: number;
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
  readonly isLabel: boolean;
  readonly row: Row;
}

export type Four = readonly [number, number, number, number];
/** Sums over the row of each level so far. */
export type Known = readonly Four[];

/**
 * A loss of softened or raw logits as a sum over classes. ∂L/∂z = plain + (slope − q·Σ slope)/T, with `slope` = ∂L/∂log q
 * up to a multiple of q. In WGSL the same functions are `<stem>_loss`, `_slope`, `_plain` and `_extras`, each of
 * (x: Element, known: Known, params: vec4f), `_extras` with `level: u32` before them.
 */
export interface Term {
  readonly stem: string;
  /** Its functions and those that they call, its own last. */
  readonly sources: readonly Source[];
  /** It needs the label, counts labelled rows alone and is divided by their number. */
  readonly labelled?: boolean;
  /** It asks for the student at T = 1. */
  readonly one?: boolean;
  /** It asks for the largest logits beside the label. */
  readonly besideLabel?: boolean;
  /**
   * Sums over the row that loss and gradient need beside those that every term has, in up to four levels of four: each
   * may ask for the sums of those before. A loss that is a function of such sums is returned at the element of index 0.
   */
  readonly levels?: number;
  /** How the shader computes it, where that is not by the functions below one for one. */
  readonly shader?: ShaderForm;
  extras?(level: number, x: Element, known: Known, params: readonly number[]): Four;
  /** The element's share of the row's loss. */
  loss(x: Element, known: Known, params: readonly number[]): number;
  slope?(x: Element, known: Known, params: readonly number[]): number;
  plain?(x: Element, known: Known, params: readonly number[]): number;
}

/**
 * In WGSL a term may spare the row sweeps that float64's form would need: what it sums goes into the sweeps that every row
 * has, and a gradient whose own sum is known that way is `plain`.
 */
export interface ShaderForm {
  /** false where it asks for no softmax at the temperature. */
  readonly softened?: boolean;
  /**
   * `<stem>_first(z, u, start: vec2f, one) -> vec4f` is summed while the largest elements are sought, `start` being the first
   * two logits; `known.first` holds the sums, or what `<stem>_first_learned(row, sums, known, params)` makes of them.
   */
  readonly first?: 'summed' | 'learned';
  /** `<stem>_early(x: Start, known, params) -> vec4f`, with the sums of exponentials; `known.early`, `<stem>_early_learned`. */
  readonly early?: 'summed' | 'learned';
  /** Sweeps of its own, where they are not as many as `levels`. */
  readonly levels?: number;
  /** Four more sums in its last level, `<stem>_more(x, known, params) -> vec4f`, in `known.d`. */
  readonly more?: boolean;
  /** What is kept of the sums of a level: `<stem>_learned(level, row, sums, known, params) -> vec4f`. */
  readonly learned?: boolean;
  /**
   * Some numbers are worked out once a row, `<stem>_kept(row: Row, params: vec4f) -> vec4f`, and given to the other functions,
   * but `_first` and `_early`, as a last argument.
   */
  readonly kept?: boolean;
  readonly gradient?: { readonly slope: boolean; readonly plain: boolean };
}

/** Most levels of a term. */
export const maxLevels = 4;

/** Parameter i of a term. */
export function parameter(params: readonly number[], i: number): number {
  return params[i] ?? 0;
}

/** w·(eˣ − 1 − x) ≥ 0, with `grown` = w·eˣ where eˣ would overflow. */
export function excess(w: number, x: number, grown: number): number {
  return x > 10 ? grown - w * (1 + x) : w * (Math.expm1(x) - x);
}

/** log(1 − w + w·eˣ) by log-add-exp. */
export function logMix(w: number, x: number): number {
  return x > 10 ? x + Math.log1p((1 - w) * Math.expm1(-x)) : Math.log1p(w * Math.expm1(x));
}
