/**
 * A formula as a term of the row loss: the functions that it may call are in shaders/distill/terms/formula.wgsl, its own
 * text is generated. What it computes comes from losses/formula; this only gives it the form of a term.
 */
import type { Element, Known, ShaderForm, Term } from './term.ts';

/** The part of a compiled formula that makes a term. */
export interface FormulaTerm {
  readonly stem: string;
  readonly wgsl: string;
  readonly shader: ShaderForm;
  readonly levels: number;
  readonly hasSlope: boolean;
  readonly hasPlain: boolean;
  readonly labelled: boolean;
  readonly functions: {
    extras(level: number, x: Element, known: Known, params: readonly number[]): Known[number];
    loss(x: Element, known: Known, params: readonly number[]): number;
    slope(x: Element, known: Known, params: readonly number[]): number;
    plain(x: Element, known: Known, params: readonly number[]): number;
  };
}

const terms = new WeakMap<FormulaTerm, Term>();

/** The same object for the same formula. */
export function formulaTerm(formula: FormulaTerm): Term {
  const known = terms.get(formula);
  if (known !== undefined) return known;
  const { stem, wgsl, shader, levels, labelled, functions, hasSlope, hasPlain } = formula;
  const term: Term = {
    stem,
    sources: ['distill/terms/formula', { name: stem, text: wgsl }],
    labelled,
    levels,
    shader,
    extras: functions.extras,
    loss: functions.loss,
    ...(hasSlope ? { slope: functions.slope } : {}),
    ...(hasPlain ? { plain: functions.plain } : {}),
  };
  terms.set(formula, term);
  return term;
}
