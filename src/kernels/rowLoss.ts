/**
 * The loss of each row of logits and its gradient: labels and up to four terms, one thread a row. The
 * terms are in rowTerms.ts; what a row is worth in float64 in rowReference.ts. It sums nothing over rows; metricsRow does.
 */
import { StillroomError } from '../spec/errors.ts';
import { at, grid, type Kernel, type Numbers, type Source, window } from '../tensor/kernel.ts';
import { type LiveReader, maxTerms } from '../tensor/live.ts';
import { type RowPart, rowAnswer } from './rowReference.ts';
import { type RowTerm, termOf } from './rowTerms.ts';
import { type RowManner, slotSources } from './terms/slots.ts';

export interface RowLossParams {
  readonly rows: number;
  /** V, from 2. */
  readonly classes: number;
  /** At most four, by slot: the order is that of weights and parameters in the live window. */
  readonly terms: readonly RowTerm[];
  /** On a GPU, not on a CPU in its place: it changes how rows are read and their lanes, and so the last bits, once an adapter. */
  readonly discrete?: boolean;
  /** Lanes of a row that lie within one subgroup; 0 where they meet in workgroup memory. Likewise. */
  readonly subgroup?: number;
  /** Most lanes that a row may have; 256 unless told. Likewise. */
  readonly mostLanes?: number;
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

/** Rows a workgroup takes. A CPU keeps its cores busy with workgroups, a GPU its lanes. */
const lanesOf = ({ discrete = false }: RowLossParams): number => (discrete ? 32 : 8);
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

export const rowLoss: Kernel<RowLossParams> = {
  name: 'row_loss',
  sources: (params) => rowLossSources(params, 'distill/terms/apart', narrowForm(params, true)),
  bindings: rowLossBindings,
  live: true,
  constants: (params) => ({ WORKGROUP: lanesOf(params) }),
  shape: ({ rows, classes }) => [rows, classes, oneBits],
  workgroups: (params) => grid(Math.ceil(params.rows / lanesOf(params))),
  lengths: rowLossLengths,
  reference: rowLossReference,
};

/** The kernel's own files, and how it goes through a row. */
export interface RowForm extends RowManner {
  /** WGSL that stands before all else. */
  readonly directives?: string;
  readonly main: readonly Source[];
  /** It takes four classes at a time, of rows that are whole vectors or not. */
  readonly fours?: 'vectors' | 'single';
}

type Bindings = 'distill/terms/apart' | 'distill/terms/in_place';
const vectorsOf: Readonly<Record<Bindings, string>> = {
  'distill/terms/apart': 'distill/terms/apart_vectors',
  'distill/terms/in_place': 'distill/terms/in_place_vectors',
};

const foursOf = { vectors: 'distill/terms/vector_fours', single: 'distill/terms/single_fours' } as const;

/** Everything that a row kernel is made of, its bindings and itself included. Errors: `too-many-terms`. */
export function rowLossSources(
  { terms }: RowLossParams,
  bindings: Bindings,
  { directives = '', main, fours, ...manner }: RowForm,
): readonly Source[] {
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
  return [
    ...(directives === '' ? [] : [{ name: 'directives', text: directives }]),
    ...['lib/live', 'lib/grid', fours === 'vectors' ? vectorsOf[bindings] : bindings],
    ...(fours === undefined ? [] : [foursOf[fours]]),
    ...['distill/terms/series', 'distill/terms/row'],
    ...slotSources(terms.map(termOf), manner),
    'distill/terms/labels',
    ...main,
  ];
}

/** One thread a row: a slope waits in the gradient, where that is a tensor of its own and a CPU would compute it twice. */
export function narrowForm({ discrete = false }: RowLossParams, apart: boolean): RowForm {
  return { main: ['distill/row_loss'], holds: apart && !discrete, labelsApart: false, lean: false };
}

export function rowLossLengths({ rows, classes }: RowLossParams): readonly number[] {
  return [rows * classes, rows * classes, rows, rows, rows * classes, rows * rowStats];
}

/** Loops over rows; each row by `rowAnswer`. */
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
    writeRow(params.terms, part(logits), part(teacher), label, part(gradient), own, live);
  }
}

/** One valid row: gradient (V) and statistics (16) from logits and teacher (V). `gradient` may be `student`. */
function writeRow(
  terms: readonly RowTerm[],
  student: Numbers,
  teacher: Numbers,
  label: number | null,
  gradient: Numbers,
  stats: Numbers,
  live: LiveReader,
): void {
  const answer = rowAnswer({
    student,
    teacher,
    label,
    temperature: live.get('temperature'),
    smoothing: live.get('smoothing'),
    terms: terms.map((term, k) => ({ term, params: live.termParams(k) })),
  });
  const broken = brokenLogits(student, teacher);
  const [inverseValid, inverseLabelled] = [live.get('inverseValid'), live.get('inverseLabelled')];
  gradient.fill(0);
  const add = (part: RowPart, weight: number, inverse: number, lossAt: number, squaresAt: number): void => {
    const factor = weight * inverse;
    let squares = 0;
    part.gradient.forEach((value, j) => {
      const g = factor * value;
      squares += g * g;
      gradient[j] = at(gradient, j) + g;
    });
    stats[rowStat.total] = at(stats, rowStat.total) + factor * part.loss;
    stats[lossAt] = part.loss * inverse;
    stats[squaresAt] = squares;
  };
  answer.terms.forEach((part, k) => {
    const inverse = termOf(terms[k] ?? null)?.labelled ? inverseLabelled : inverseValid;
    if (part !== null) add(part, live.termWeight(k), inverse, rowStat.term + k, rowStat.termGradient + k);
  });
  if (answer.label !== null)
    add(answer.label, live.get('labelWeight'), inverseLabelled, rowStat.label, rowStat.labelGradient);
  if (answer.studentTop === label) stats[rowStat.correct] = inverseLabelled;
  if (answer.studentTop === answer.teacherTop) stats[rowStat.agreement] = inverseValid;

  if (broken.size === 0) return;
  gradient.fill(0);
  for (const [j, value] of broken) gradient[j] = value;
  stats.fill(0);
  stats[rowStat.broken] = 1;
}

/** Logits that are not finite, by class; the student's where both are. A teacher may say −∞. */
function brokenLogits(student: Numbers, teacher: Numbers): ReadonlyMap<number, number> {
  const broken = new Map<number, number>();
  for (let j = 0; j < student.length; j++) {
    const [z, u] = [at(student, j), at(teacher, j)];
    if (!Number.isFinite(z)) broken.set(j, z);
    else if (!Number.isFinite(u) && u !== Number.NEGATIVE_INFINITY) broken.set(j, u);
  }
  return broken;
}
