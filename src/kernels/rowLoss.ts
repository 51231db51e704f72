/**
 * The loss of each row of logits and its gradient: labels and up to four terms, one thread a row. A new term is a
 * fragment in shaders/distill/terms, its case in switch.wgsl, its twin in terms/ and its line in `termsById`.
 * It sums nothing over rows; metricsRow does.
 */
import { StillroomError } from '../spec/errors.ts';
import { at, grid, type Kernel, type Numbers, window } from '../tensor/kernel.ts';
import { type LiveReader, maxTerms } from '../tensor/live.ts';
import { forwardKl } from './terms/forwardKl.ts';
import { hardCe } from './terms/hardCe.ts';
import { jsdNormalised } from './terms/jsdNormalised.ts';
import { logitMse } from './terms/logitMse.ts';
import { reverseKl } from './terms/reverseKl.ts';
import { softCe } from './terms/softCe.ts';
import type { Element, Term } from './terms/term.ts';

const termsById = {
  hard_ce: hardCe,
  forward_kl: forwardKl,
  soft_ce: softCe,
  reverse_kl: reverseKl,
  jsd_normalised: jsdNormalised,
  logit_mse: logitMse,
} as const satisfies Record<string, Term>;

export type TermId = keyof typeof termsById;
export const termIds = Object.keys(termsById) as readonly TermId[];

export interface RowLossParams {
  readonly rows: number;
  /** V, from 2. */
  readonly classes: number;
  /** At most four; the order is that of `termWeight0…3` and `termBeta0…3` in the live window. */
  readonly terms: readonly TermId[];
}

/** Bits of a row's `flags`. A row that is not valid has no loss and no gradient, labelled or not. */
export const rowFlag = { valid: 1, labelled: 2 } as const;

/** Where a number lies among a row's statistics. Sums over all rows of a step are means, since each holds its 1/N. */
export const rowStat = {
  /** Weighted, as the gradient has it. */
  total: 0,
  /** Cross-entropy with the labels, smoothing included, before `labelWeight`. */
  label: 1,
  /** First of the four terms, before `termWeight` (so without T²). */
  term: 2,
  /** Squared norm of the weighted gradient at the logits: the labels', then that of each of the four terms. */
  labelGradient: 6,
  termGradient: 7,
  /** Share of labelled rows where the student's answer is the label. */
  correct: 11,
  /** Share of valid rows where the student's answer is the teacher's. */
  agreement: 12,
  /** Rows (a count) with a logit that is not finite; their other statistics are 0. */
  broken: 13,
  /** Hidden losses, added by hiddenLoss: the loss before `hiddenWeight`, and the squared norm of its gradient. */
  hidden: 14,
  hiddenGradient: 15,
} as const;
export const rowStats = 16;

export const logitLimit = 1e6;
const lanes = 32;
/** 1 as a float's bits: a number that no compiler knows (terms/row.wgsl). */
export const oneBits = 0x3f80_0000;

export const rowLossBindings = [
  { name: 'logits', access: 'read', dtype: 'f32' },
  { name: 'teacher', access: 'read', dtype: 'f32' },
  { name: 'labels', access: 'read', dtype: 'u32' },
  { name: 'flags', access: 'read', dtype: 'u32' },
  { name: 'gradient', access: 'read_write', dtype: 'f32' },
  { name: 'stats', access: 'read_write', dtype: 'f32' },
] as const;

/** Everything that the two forms of the kernel concatenate before their own file. */
export const rowLossLibrary = [
  'lib/live',
  'lib/grid',
  'distill/terms/series',
  'distill/terms/row',
  'distill/terms/hard_ce',
  'distill/terms/forward_kl',
  'distill/terms/soft_ce',
  'distill/terms/reverse_kl',
  'distill/terms/jsd_normalised',
  'distill/terms/logit_mse',
  'distill/terms/switch',
  'distill/terms/labels',
] as const;

export const rowLoss: Kernel<RowLossParams> = {
  name: 'row_loss',
  sources: [...rowLossLibrary, 'distill/row_loss'],
  bindings: rowLossBindings,
  live: true,
  constants: ({ terms }) => ({ WORKGROUP: lanes, ...termConstants(terms) }),
  shape: ({ rows, classes }) => [rows, classes, oneBits],
  workgroups: ({ rows }) => grid(Math.ceil(rows / lanes)),
  lengths: rowLossLengths,
  reference: rowLossReference,
};

export function rowLossLengths({ rows, classes }: RowLossParams): readonly number[] {
  return [rows * classes, rows * classes, rows, rows, rows * classes, rows * rowStats];
}

/** TERM0…TERM3 of the shader. Errors: `too-many-terms`. */
export function termConstants(terms: readonly TermId[]): Readonly<Record<string, number>> {
  if (terms.length > maxTerms) {
    throw new StillroomError({
      code: 'too-many-terms',
      problem: 'A row loss has too many terms',
      got: `${terms.length}`,
      wanted: `at most ${maxTerms}`,
      remedy: 'Remove a term',
      control: 'objective.terms',
    });
  }
  return Object.fromEntries(terms.map((id, slot) => [`TERM${slot}`, termsById[id].code]));
}

/** Loops over rows; each row by `rowReference`. */
export function rowLossReference(params: RowLossParams, buffers: readonly Numbers[], live: LiveReader): void {
  const { rows, classes } = params;
  const [logits, teacher, labels, flags] = [0, 1, 2, 3].map((i) => window(buffers, i));
  const [gradient, stats] = [window(buffers, 4), window(buffers, 5)];
  if (!logits || !teacher || !labels || !flags) return;
  for (let r = 0; r < rows; r++) {
    const part = (numbers: Numbers): Numbers => numbers.subarray(r * classes, (r + 1) * classes);
    const own = stats.subarray(r * rowStats, (r + 1) * rowStats);
    own.fill(0);
    if ((at(flags, r) & rowFlag.valid) === 0) {
      part(gradient).fill(0);
      continue;
    }
    const label = (at(flags, r) & rowFlag.labelled) !== 0 && at(labels, r) < classes ? at(labels, r) : null;
    rowReference(params.terms, part(logits), part(teacher), label, part(gradient), own, live);
  }
}

/** One valid row: gradient (V) and statistics (16) from logits and teacher (V). */
function rowReference(
  terms: readonly TermId[],
  rawStudent: Numbers,
  rawTeacher: Numbers,
  label: number | null,
  gradient: Numbers,
  stats: Numbers,
  live: LiveReader,
): void {
  const classes = rawStudent.length;
  const temperature = Math.min(Math.max(live.get('temperature'), 0.01), 1000);
  const z = Float64Array.from(rawStudent, tame);
  const u = Float64Array.from(rawTeacher, (x) => (x === Number.NEGATIVE_INFINITY ? -logitLimit : tame(x)));
  const elements = elementsOf(z, u, temperature);
  gradient.fill(0);

  terms.forEach((id, k) => {
    const [term, beta] = [termsById[id], live.termBeta(k)];
    const factor = live.termWeight(k) * live.get('inverseValid');
    const slopes = elements.map((x) => term.slope(x, beta));
    const slopeSum = slopes.reduce((sum, e) => sum + e, 0);
    let [loss, squares] = [0, 0];
    elements.forEach((x, j) => {
      loss += term.loss(x, beta);
      const e = slopes[j] ?? 0;
      const g = factor * (term.rule === 'plain' ? e : (e - x.q * slopeSum) / temperature);
      squares += g * g;
      gradient[j] = at(gradient, j) + g;
    });
    stats[rowStat.total] = at(stats, rowStat.total) + factor * loss;
    stats[rowStat.term + k] = loss * live.get('inverseValid');
    stats[rowStat.termGradient + k] = squares;
  });

  if (label !== null) labelReference(elements, label, gradient, stats, live);
  if (firstLargest(z) === label) stats[rowStat.correct] = live.get('inverseLabelled');
  if (firstLargest(z) === firstLargest(u)) stats[rowStat.agreement] = live.get('inverseValid');

  const brokenAt = (j: number): number | null => {
    if (!Number.isFinite(at(rawStudent, j))) return at(rawStudent, j);
    const raw = at(rawTeacher, j);
    return Number.isFinite(raw) || raw === Number.NEGATIVE_INFINITY ? null : raw;
  };
  let broken = false;
  for (let j = 0; j < classes; j++) {
    const value = brokenAt(j);
    if (value === null) continue;
    gradient[j] = value;
    broken = true;
  }
  if (!broken) return;
  stats.fill(0);
  stats[rowStat.broken] = 1;
}

/** Adds the smoothed cross-entropy at T = 1 with `label`. */
function labelReference(
  elements: readonly Element[],
  label: number,
  gradient: Numbers,
  stats: Numbers,
  live: LiveReader,
): void {
  const smoothing = live.get('smoothing');
  const factor = live.get('labelWeight') * live.get('inverseLabelled');
  let [loss, squares] = [0, 0];
  elements.forEach(({ logQOne, qOne, classes }, j) => {
    const hit = j === label ? 1 : 0;
    const target = (1 - smoothing) * hit + smoothing / classes;
    loss -= target * logQOne;
    // q − 1 as expm1, so that a confident student's gradient keeps its digits.
    const miss = j === label ? Math.expm1(logQOne) : qOne;
    const g = factor * (miss + smoothing * (hit - 1 / classes));
    squares += g * g;
    gradient[j] = at(gradient, j) + g;
  });
  stats[rowStat.total] = at(stats, rowStat.total) + factor * loss;
  stats[rowStat.label] = loss * live.get('inverseLabelled');
  stats[rowStat.labelGradient] = squares;
}

function elementsOf(z: Float64Array, u: Float64Array, temperature: number): readonly Element[] {
  const [logQs, logPs, logQsOne] = [logSoftmax(z, temperature), logSoftmax(u, temperature), logSoftmax(z, 1)];
  const teacherTop = firstLargest(u);
  return Array.from(z, (student, j) => {
    const [logQ, logP, logQOne] = [at(logQs, j), at(logPs, j), at(logQsOne, j)];
    const shared = { logQ, logP, d: logQ - logP, q: Math.exp(logQ), p: Math.exp(logP), logQOne };
    const qOne = Math.exp(logQOne);
    return { ...shared, z: student, u: at(u, j), qOne, teacherTop: j === teacherTop, classes: z.length };
  });
}

/** log softmax(x/T). The largest element is left out of the sum, so that log(1 + rest) keeps its digits. */
function logSoftmax(x: Float64Array, temperature: number): Float64Array {
  const top = firstLargest(x);
  const largest = at(x, top);
  let rest = 0;
  for (let j = 0; j < x.length; j++) if (j !== top) rest += Math.exp((at(x, j) - largest) / temperature);
  return x.map((value) => (value - largest) / temperature - Math.log1p(rest));
}

function firstLargest(x: Float64Array): number {
  let best = 0;
  for (let j = 1; j < x.length; j++) if (at(x, j) > at(x, best)) best = j;
  return best;
}

function tame(x: number): number {
  return Number.isFinite(x) ? Math.min(Math.max(x, -logitLimit), logitLimit) : 0;
}
