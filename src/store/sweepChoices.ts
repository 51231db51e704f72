/**
 * Which settings the page offers to sweep, a formula's parameters first, and values to begin with: around the present one
 * where a setting goes by factors, else over its range. Pure; what may be swept at all is the specification's affair.
 */
import { formulaParameters } from '../spec/formulaRanges.ts';
import { isText, type ObjectiveSpec, type RunSpec, type TermSpec } from '../spec/runSpec.ts';
import { termLoss } from '../spec/terms.ts';
import { type CardName, controlsOf } from './controls.ts';
import { readPath } from './paths.ts';
import type { Level } from './state.ts';

export interface SweepChoice {
  readonly path: string;
  /** Of a term's parameter: its name, the term's number where there are several, and the arm whose own loss it is. */
  readonly parameter: {
    readonly name: string;
    readonly term: number | null;
    readonly arm: number | null;
  } | null;
  readonly min: number;
  readonly max: number;
  readonly scale: 'linear' | 'log';
  readonly whole: boolean;
  readonly now: number;
}

/** Numbers that change how a run is measured, and not the run. */
const measuring = new Set(['data.validation', 'data.test', 'data.dataSeed', 'training.evaluateEvery']);

const cards: readonly CardName[] = ['loss', 'optimiser', 'student', 'teacher', 'data'];

export function sweepChoices(spec: RunSpec, level: Level): readonly SweepChoice[] {
  const terms = [
    ...parametersOf('objective', spec.objective, null),
    ...spec.arms.flatMap(({ objective }, arm) =>
      objective === undefined ? [] : parametersOf(`arms.${arm}.objective`, objective, arm),
    ),
  ];
  // Of a formula first: those are what somebody has just written.
  const parameters = [...terms].sort((a, b) => Number(isOfFormula(b)) - Number(isOfFormula(a)));
  const known = new Set(parameters.map(({ path }) => path));
  const settings = cards
    .flatMap((card) => settingsOf(card, level, spec))
    .filter(({ path }) => !known.has(path));
  return [...parameters, ...settings, ...labelled(spec)];
}

function isOfFormula({ path }: SweepChoice): boolean {
  return path.includes('.values.');
}

function parametersOf(path: string, { terms }: ObjectiveSpec, arm: number | null): readonly SweepChoice[] {
  return terms.flatMap((term, index) =>
    ofTerm(term).map(({ key, name, ...rest }) => ({
      ...rest,
      path: `${path}.terms.${index}.${key}`,
      parameter: { name, term: terms.length > 1 ? index + 1 : null, arm },
      scale: 'linear' as const,
    })),
  );
}

function ofTerm(term: TermSpec) {
  if (term.id === 'formula') {
    return formulaParameters(term.formula ?? '').map(({ name, min, max, default: usual }) => {
      return { key: `values.${name}`, name, min, max, whole: false, now: term.values?.[name] ?? usual };
    });
  }
  return (termLoss(term.id)?.parameters ?? []).map(({ name, min, max, whole = false, default: usual }) => {
    return { key: name, name, min, max, whole, now: term[name] ?? usual };
  });
}

function settingsOf(card: CardName, level: Level, spec: RunSpec): readonly SweepChoice[] {
  return controlsOf(card, level, spec).flatMap((control): SweepChoice[] => {
    const { path, kind } = control;
    if (measuring.has(path)) return [];
    const now = readPath(spec, path);
    if (kind === 'list' && Array.isArray(now) && now.length > 0) {
      const { min, max } = control.hard;
      return [{ path, parameter: null, min, max, scale: 'log', whole: true, now: Math.max(...now) }];
    }
    if (kind !== 'number') return [];
    const { min, max, scale, whole, standard = min } = control;
    return [{ path, parameter: null, min, max, scale, whole, now: typeof now === 'number' ? now : standard }];
  });
}

/** It has a control of its own kind, since it may also be all of them. */
function labelled({ data }: RunSpec): readonly SweepChoice[] {
  if (isText(data)) return [];
  const now = data.labelled === 'all' ? data.transfer : data.labelled;
  return [
    { path: 'data.labelled', parameter: null, min: 1, max: data.transfer, scale: 'log', whole: true, now },
  ];
}

/** In ascending order; the present value is one of them. */
export function suggestedValues({ min, max, scale, whole, now }: SweepChoice): readonly number[] {
  const factors = [0.25, 0.5, 1, 2, 4];
  const raw =
    (scale === 'log' || whole) && now > 0
      ? factors.map((factor) => now * factor).filter((value) => value >= min && value <= max)
      : factors.map((_, i) => min + ((max - min) * i) / (factors.length - 1));
  const tidy = raw.map((value) => (whole ? Math.round(value) : Number(value.toPrecision(3))));
  return [...new Set([...tidy, now])].sort((a, b) => a - b);
}
