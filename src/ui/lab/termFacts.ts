/** What the editor shows of a term: its title and its parameters, from the specification's table and the catalogue. */
import type { Range } from '../../spec/limits.ts';
import type { TermSpec } from '../../spec/runSpec.ts';
import { termLoss } from '../../spec/terms.ts';
import { catalogue } from './families.ts';
import { examples, readFormula } from './formulas.ts';
import { l } from './words.ts';

export interface ParameterField {
  /** From the term on: `beta`, `values.margin`. */
  readonly path: string;
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly hard: Range;
  readonly whole: boolean;
  readonly scale: 'linear' | 'log';
  readonly note: string | undefined;
}

/** Ranges over many powers of ten are logarithmic. */
export function scaleOf(min: number, max: number): 'linear' | 'log' {
  return min > 0 && max / min > 1_000 ? 'log' : 'linear';
}

export function termTitle(id: string): string {
  if (id === 'formula') return l('formula.own');
  return catalogue.find((entry) => entry.id === id)?.title ?? id;
}

/** A term with this loss at weight 1; its parameters are the table's until they are moved. */
export function freshTerm(id: string): TermSpec {
  return id === 'formula' ? { id, weight: 1, formula: examples[0].text, values: {} } : { id, weight: 1 };
}

export function termParameters(term: TermSpec): readonly ParameterField[] {
  if (term.id === 'formula') return formulaParameters(term);
  const words = catalogue.find((entry) => entry.id === term.id)?.parameters ?? [];
  return (termLoss(term.id)?.parameters ?? []).map((parameter): ParameterField => {
    const { name, min, max, whole } = parameter;
    const said = words.find((one) => one.name === name);
    return {
      path: name,
      label: said === undefined ? name : `${said.title} ${said.symbol}`,
      value: term[name] ?? parameter.default,
      ...{ min, max, hard: { min, max }, whole: whole === true, scale: scaleOf(min, max), note: said?.note },
    };
  });
}

/** Those that its text declares, in the range that the text gives: a specification holds no other value. */
function formulaParameters({ formula = '', values = {} }: TermSpec): readonly ParameterField[] {
  return (readFormula(formula).formula?.parameters ?? []).map(({ name, default: usual, min, max }) => ({
    path: `values.${name}`,
    label: name,
    value: values[name] ?? usual,
    ...{ min, max, hard: { min, max }, whole: false, scale: scaleOf(min, max), note: undefined },
  }));
}
