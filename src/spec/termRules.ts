/** What must hold of a term beside the form of its fields: the ranges of its own loss, and what a formula needs. */
import { StillroomError } from './errors.ts';
import { formulaRange } from './formulaRanges.ts';
import { parameterNames, type TermParameter, termParameter } from './terms.ts';

type Term = { readonly id: string } & Readonly<Record<string, unknown>>;

/** A parameter that is out of the range of its loss. */
export interface TermFault {
  /** `objective.terms.0.beta` */
  readonly path: string;
  readonly value: number;
  readonly nearest: number;
  readonly parameter: Pick<TermParameter, 'min' | 'max' | 'whole'>;
}

interface Objectives {
  readonly objective: { readonly terms: readonly Term[] };
  readonly arms: readonly { readonly objective?: { readonly terms: readonly Term[] } | undefined }[];
}

/** Parameters that a loss does not have are nobody's affair; unknown losses are refused when a run is prepared. */
export function termFaults(spec: Objectives): readonly TermFault[] {
  return termsByPath(spec).flatMap(([path, term]) => [
    ...parameterNames.flatMap((name) => faultOf(`${path}.${name}`, term[name], termParameter(term.id, name))),
    ...valuesByName(term).flatMap(([name, value]) =>
      faultOf(`${path}.values.${name}`, value, formulaRange(String(term['formula']), name)),
    ),
  ]);
}

function faultOf(path: string, value: unknown, parameter: TermFault['parameter'] | undefined): TermFault[] {
  if (typeof value !== 'number' || parameter === undefined) return [];
  const inside = Math.min(Math.max(value, parameter.min), parameter.max);
  const nearest = parameter.whole ? Math.round(inside) : inside;
  return nearest === value ? [] : [{ path, value, nearest, parameter }];
}

function valuesByName(term: Term): readonly (readonly [string, unknown])[] {
  const { values } = term;
  return term.id === 'formula' && typeof values === 'object' && values !== null ? Object.entries(values) : [];
}

/** Errors: `spec-parameter`, `spec-formula`, with the path of the field. A text is compiled when a run is prepared. */
export function checkTerms(spec: Objectives): void {
  for (const [path, term] of termsByPath(spec)) {
    if (term.id === 'formula' && typeof term['formula'] !== 'string') throw withoutText(path);
  }
  const [fault] = termFaults(spec);
  if (fault !== undefined) throw outside(fault);
}

function termsByPath({ objective, arms }: Objectives): readonly (readonly [string, Term])[] {
  const of = (terms: readonly Term[], path: string) =>
    terms.map((term, i) => [`${path}.${i}`, term] as const);
  return [
    ...of(objective.terms, 'objective.terms'),
    ...arms.flatMap((arm, i) => of(arm.objective?.terms ?? [], `arms.${i}.objective.terms`)),
  ];
}

function outside({ path, value, parameter: { min, max, whole } }: TermFault): StillroomError {
  return new StillroomError({
    code: 'spec-parameter',
    problem: `The run's specification is wrong at ${path}`,
    got: String(value),
    wanted: `${whole ? 'a whole number from ' : ''}${min} to ${max}`,
    remedy: 'Correct that field, or leave it out for the usual value',
    control: path,
  });
}

function withoutText(path: string): StillroomError {
  return new StillroomError({
    code: 'spec-formula',
    problem: `The term at ${path} is a formula without a text`,
    wanted: 'formula, a text',
    remedy: 'Write the formula, or choose a loss of the catalogue',
    control: `${path}.formula`,
  });
}
