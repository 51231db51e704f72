/** The ranges that a formula gives to its parameters, without compiling it: whoever only sets values needs no more. */
import { declaredParameters } from '../losses/formula/declarations.ts';
import type { Range } from './limits.ts';

/** Undefined where the formula declares no parameter of the name. */
export function formulaRange(text: string, name: string): Range | undefined {
  return declaredParameters(text).find((parameter) => parameter.name === name);
}
