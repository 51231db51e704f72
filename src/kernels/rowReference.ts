/**
 * The loss of one row in float64, as the row kernel's reference and for whoever asks about single rows without an
 * executor: a pure function of logits, label and terms. It divides by no number of rows; its callers do.
 */
import { at, type Numbers } from '../tensor/kernel.ts';
import { type RowTerm, termOf } from './rowTerms.ts';
import { type Element, type Four, type Known, maxLevels, type Row, type Term } from './terms/term.ts';

/** Logits are clamped to ± this; a teacher's −∞ is the lowest of them. */
export const logitLimit = 1e6;

export interface RowQuestion {
  /** Student's and teacher's logits (V), raw. */
  readonly student: ArrayLike<number>;
  readonly teacher: ArrayLike<number>;
  readonly label: number | null;
  readonly temperature: number;
  /** Label smoothing of the labels' own loss. */
  readonly smoothing: number;
  readonly terms: readonly { readonly term: RowTerm; readonly params: readonly number[] }[];
}

/** A loss and its gradient at the student's logits (V), without weight. */
export interface RowPart {
  readonly loss: number;
  readonly gradient: Float64Array;
}

export interface RowAnswer {
  /** Cross-entropy with the label, smoothing included; null in a row without one. */
  readonly label: RowPart | null;
  /** By slot; null where the slot is empty, or where a term needs the label that the row has not. */
  readonly terms: readonly (RowPart | null)[];
  /** First largest logits. */
  readonly studentTop: number;
  readonly teacherTop: number;
}

export function rowAnswer(question: RowQuestion): RowAnswer {
  const { label, terms, smoothing } = question;
  const temperature = Math.min(Math.max(question.temperature, 0.01), 1000);
  const z = Float64Array.from(question.student, tame);
  const u = Float64Array.from(question.teacher, (x) =>
    x === Number.NEGATIVE_INFINITY ? -logitLimit : tame(x),
  );
  const elements = elementsOf(z, u, temperature, label);
  return {
    label: label === null ? null : labelPart(elements, label, smoothing),
    terms: terms.map(({ term: given, params }) => {
      const term = termOf(given);
      if (term === null || (term.labelled && label === null)) return null;
      return termPart(term, elements, params, temperature);
    }),
    studentTop: firstLargest(z),
    teacherTop: firstLargest(u),
  };
}

function termPart(
  term: Term,
  elements: readonly Element[],
  params: readonly number[],
  temperature: number,
): RowPart {
  const known: Four[] = [];
  for (let level = 0; level < Math.min(term.levels ?? 0, maxLevels); level++) {
    known.push(levelSums(term, level, elements, known, params));
  }
  const slopes = elements.map((x) => term.slope?.(x, known, params) ?? 0);
  const slopeSum = slopes.reduce((sum, e) => sum + e, 0);
  let loss = 0;
  const gradient = Float64Array.from(elements, (x, j) => {
    loss += term.loss(x, known, params);
    const softened = term.slope === undefined ? 0 : ((slopes[j] ?? 0) - x.q * slopeSum) / temperature;
    return term.plain === undefined ? softened : term.plain(x, known, params) + softened;
  });
  return { loss, gradient };
}

function levelSums(
  term: Term,
  level: number,
  elements: readonly Element[],
  known: Known,
  params: readonly number[],
): Four {
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  for (const x of elements) {
    const extras = term.extras?.(level, x, known, params) ?? sums;
    for (let i = 0; i < 4; i++) sums[i] = (sums[i] ?? 0) + (extras[i] ?? 0);
  }
  return sums;
}

/** The smoothed cross-entropy at T = 1. */
function labelPart(elements: readonly Element[], label: number, smoothing: number): RowPart {
  const classes = elements.length;
  let loss = 0;
  const gradient = Float64Array.from(elements, ({ logQOne, qOne }, j) => {
    const hit = j === label ? 1 : 0;
    const target = (1 - smoothing) * hit + smoothing / classes;
    loss -= target * logQOne;
    // q − 1 as expm1, so that a confident student's gradient keeps its digits.
    const miss = j === label ? Math.expm1(logQOne) : qOne;
    return miss + smoothing * (hit - 1 / classes);
  });
  return { loss, gradient };
}

function elementsOf(
  z: Float64Array,
  u: Float64Array,
  temperature: number,
  label: number | null,
): readonly Element[] {
  const [logQs, logPs, logQsOne] = [logSoftmax(z, temperature), logSoftmax(u, temperature), logSoftmax(z, 1)];
  const [studentTop, teacherTop] = [firstLargest(z), firstLargest(u)];
  const elements: Element[] = [];
  const [studentOther, teacherOther] = [largestBeside(z, label), largestBeside(u, label)];
  const tops = { studentTop, teacherTop, studentOther, teacherOther };
  const row: Row = { temperature, classes: z.length, label, ...tops, elements };
  z.forEach((student, j) => {
    const [logQ, logP, logQOne] = [at(logQs, j), at(logPs, j), at(logQsOne, j)];
    const shared = { logQ, logP, d: logQ - logP, q: Math.exp(logQ), p: Math.exp(logP), logQOne };
    const where = { index: j, teacherTop: j === teacherTop, isLabel: j === label, row };
    elements.push({ ...shared, ...where, z: student, u: at(u, j), qOne: Math.exp(logQOne) });
  });
  return elements;
}

/** log softmax(x/T). The largest element is left out of the sum, so that log(1 + rest) keeps its digits. */
function logSoftmax(x: Float64Array, temperature: number): Float64Array {
  const top = firstLargest(x);
  const largest = at(x, top);
  let rest = 0;
  for (let j = 0; j < x.length; j++) if (j !== top) rest += Math.exp((at(x, j) - largest) / temperature);
  return x.map((value) => (value - largest) / temperature - Math.log1p(rest));
}

function firstLargest(x: Numbers): number {
  let best = 0;
  for (let j = 1; j < x.length; j++) if (at(x, j) > at(x, best)) best = j;
  return best;
}

function largestBeside(x: Float64Array, label: number | null): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < x.length; j++) if (j !== label) largest = Math.max(largest, at(x, j));
  return largest;
}

function tame(x: number): number {
  return Number.isFinite(x) ? Math.min(Math.max(x, -logitLimit), logitLimit) : 0;
}
