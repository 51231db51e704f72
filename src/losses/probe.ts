/**
 * One row under one loss, in float64: its value and its gradient at the student's logits. For pictures of what a loss
 * punishes and for comparing losses on a sample; nothing here is trained. The loss is the plain one: no weight, no T².
 */
import { rankedIds, rankedRow } from '../kernels/rankedTerms.ts';
import { rowAnswer } from '../kernels/rowReference.ts';
import { type RowTerm, termIds } from '../kernels/rowTerms.ts';
import { formulaTerm } from '../kernels/terms/formula.ts';
import { valuesOf } from '../spec/formulaTerms.ts';
import { compileFormula } from './formula/formula.ts';

export interface Row {
  /** (V). */
  readonly student: ArrayLike<number>;
  /** (V). */
  readonly teacher: ArrayLike<number>;
  /** Null where it is unknown: losses on labels are then 0. */
  readonly label: number | null;
}

export interface Probed {
  readonly value: number;
  /** ∂L/∂z, (V). */
  readonly gradient: Float64Array;
}

export interface ProbedLoss {
  /** Of the catalogue, or `formula`. */
  readonly id: string;
  readonly parameters: Readonly<Record<string, number>>;
  /** The text of a formula. */
  readonly formula?: string;
}

/** Losses that one row decides by itself. */
export function canProbe(id: string): boolean {
  return id === 'formula' || termIds.some((known) => known === id) || rankedOf(id) !== undefined;
}

/** Null where the loss needs more than one row, or hidden states. Errors: `FormulaError` of a text that cannot be read. */
export function probe(loss: ProbedLoss, temperature: number, row: Row): Probed | null {
  const { id, parameters, formula } = loss;
  const params = valuesOf({ ...parameters, values: parameters, id, formula });
  const ranked = rankedOf(id);
  if (ranked !== undefined) {
    const found = rankedRow(ranked, { ...row, temperature, params });
    return found === null ? null : { value: found.loss, gradient: found.gradient };
  }
  const term = rowTermOf(loss);
  if (term === null) return null;
  const terms = [{ term, params }];
  const [part] = rowAnswer({ ...row, temperature, smoothing: 0, terms }).terms;
  return { value: part?.loss ?? 0, gradient: part?.gradient ?? new Float64Array(row.student.length) };
}

/** Two of them are drawn, or need the whole batch. */
function rankedOf(id: string) {
  const known = rankedIds.find((ranked) => ranked === id);
  return known === 'sampled_reverse_kl' || known === 'dist_intra' ? undefined : known;
}

/** What the row kernel computes for it; null where it computes nothing. Errors: `FormulaError`. */
export function rowTermOf({ id, formula = '' }: ProbedLoss): RowTerm {
  if (id === 'formula') return formulaTerm(compileFormula(formula));
  return termIds.find((known) => known === id) ?? null;
}

export interface Comparison {
  /** In the order asked for; null where a loss cannot be probed. Means over the rows. */
  readonly values: readonly (number | null)[];
  /** ∂(mean loss)/∂z of all rows one after the other, (N·V). */
  readonly gradients: readonly (Float64Array | null)[];
  /** Euclidean norm of each gradient; NaN where there is none. */
  readonly norms: readonly number[];
  /** Cosine of each pair of gradients; NaN where one is null or 0. */
  readonly cosines: readonly (readonly number[])[];
}

/** Several losses on the same rows, and how far their gradients agree. A row without a label counts as 0 for losses on labels. */
export function compareLosses(
  losses: readonly ProbedLoss[],
  temperature: number,
  rows: readonly Row[],
): Comparison {
  const found = losses.map((loss) => overRows(loss, temperature, rows));
  const gradients = found.map((one) => one?.gradient ?? null);
  const norms = gradients.map((one) => (one === null ? Number.NaN : Math.sqrt(dot(one, one))));
  const cosines = gradients.map((a, i) =>
    gradients.map((b, j) => {
      const size = (norms[i] ?? 0) * (norms[j] ?? 0);
      return a === null || b === null || !(size > 0) ? Number.NaN : dot(a, b) / size;
    }),
  );
  return { values: found.map((one) => one?.value ?? null), gradients, norms, cosines };
}

/** The mean of a loss over rows of the same length. */
function overRows(loss: ProbedLoss, temperature: number, rows: readonly Row[]): Probed | null {
  const classes = rows[0]?.student.length ?? 0;
  const gradient = new Float64Array(rows.length * classes);
  let value = 0;
  for (const [r, row] of rows.entries()) {
    const one = probe(loss, temperature, row);
    if (one === null) return null;
    value += one.value / rows.length;
    for (const [j, slope] of one.gradient.entries()) gradient[r * classes + j] = slope / rows.length;
  }
  return { value, gradient };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, j) => sum + value * (b[j] ?? 0), 0);
}
