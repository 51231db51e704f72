/** The ranges that a formula gives to its parameters, without compiling it: whoever only sets values needs no more. */
import { declaredParameters, type Parameter } from '../losses/formula/declarations.ts';
import type { Range } from './limits.ts';

/** Those that the formula declares, in the order of its text. */
export function formulaParameters(text: string): readonly Parameter[] {
  return declaredParameters(text);
}

/** Undefined where the formula declares no parameter of the name. */
export function formulaRange(text: string, name: string): Range | undefined {
  return declaredParameters(text).find((parameter) => parameter.name === name);
}
