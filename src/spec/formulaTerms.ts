/**
 * Terms of an objective that are formulas: their texts must be readable before anything is prepared, and their
 * parameters have the ranges that the text gives them.
 */
import { compileFormula, type Formula } from '../losses/formula/formula.ts';
import { FormulaError, positionOf } from '../losses/formula/formulaError.ts';
import { StillroomError } from './errors.ts';
import { type ParameterName, parametersOf, termLoss } from './terms.ts';

export type TermSettings = {
  readonly id: string;
  readonly formula?: string | undefined;
  readonly values?: Readonly<Record<string, number>> | undefined;
} & { readonly [Name in ParameterName]?: number | undefined };

/** The formula of a text. Errors: `formula-invalid` with the place in it; `control` is the path of the text. */
export function readFormulaTerm(text: string, control: string): Formula {
  try {
    return compileFormula(text);
  } catch (cause) {
    if (!(cause instanceof FormulaError)) throw cause;
    const position = positionOf(text, cause.span);
    const where = `line ${position.line}, column ${position.column}`;
    throw new StillroomError(
      {
        code: 'formula-invalid',
        problem: cause.message,
        got: `“${text.slice(cause.span.start, cause.span.start + position.length)}” at ${where}`,
        remedy: cause.remedy,
        control,
        position,
      },
      { cause },
    );
  }
}

/** Whatever the term is, its parameters in the order in which the kernels get them. Errors: `formula-invalid`. */
export function valuesOf(term: TermSettings): readonly number[] {
  if (term.id !== 'formula') return parametersOf(term);
  const { parameters } = readFormulaTerm(term.formula ?? '', 'objective.terms');
  return parameters.map((parameter) => {
    const given = term.values !== undefined && Object.hasOwn(term.values, parameter.name);
    return given ? (term.values[parameter.name] ?? parameter.default) : parameter.default;
  });
}

/** Whether T² applies where a run scales by it. */
export function isScaled(term: TermSettings): boolean {
  if (term.id !== 'formula') return termLoss(term.id)?.scaled ?? true;
  return readFormulaTerm(term.formula ?? '', 'objective.terms').scaled;
}
