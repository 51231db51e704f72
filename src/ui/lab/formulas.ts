/** Reading a formula for the page: the compiled formula or the place where it is wrong, and formulas to begin with. */
import { compileFormula, type Formula } from '../../losses/formula/formula.ts';
import { FormulaError, type Position, positionOf, type Span } from '../../losses/formula/formulaError.ts';

export interface FormulaFault {
  readonly problem: string;
  readonly remedy: string;
  readonly span: Span;
  readonly position: Position;
}

export type FormulaReading =
  | { readonly formula: Formula; readonly error: null }
  | { readonly formula: null; readonly error: FormulaFault };

export function readFormula(text: string): FormulaReading {
  try {
    return { formula: compileFormula(text), error: null };
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    const { message: problem, remedy, span } = error;
    return { formula: null, error: { problem, remedy, span, position: positionOf(text, span) } };
  }
}

/** Values that a new text keeps of the old one: those of parameters that are still there, within their range. */
export function valuesFor(
  parameters: Formula['parameters'],
  known: Readonly<Record<string, number>>,
): Record<string, number> {
  const entries = parameters.map(({ name, default: usual, min, max }): [string, number] => {
    const value = Object.hasOwn(known, name) ? (known[name] ?? usual) : usual;
    return [name, Math.min(max, Math.max(min, value))];
  });
  return Object.fromEntries(entries);
}

export const examples = [
  { name: 'forward', text: 'sum(p * log(p / q))' },
  {
    name: 'between',
    text: 'param beta = 0.5 in 0..1\nforward = sum(p * log(p / q))\nreverse = sum(q * log(q / p))\n(1 - beta) * forward + beta * reverse',
  },
  { name: 'focal', text: 'param gamma = 1 in 0..3\nsum(p * (1 - q)^gamma * log(p / q))' },
  { name: 'hellinger', text: 'sum((sqrt(p) - sqrt(q))^2)' },
  {
    name: 'labels',
    text: 'param w = 0.1 in 0..1\n# the label and the teacher in one\n-w * sum(y * log(q)) + (1 - w) * sum(p * log(p / q))',
  },
] as const;
