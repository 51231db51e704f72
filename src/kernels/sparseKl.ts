/**
 * The student against a sparse teacher: the log-probabilities of a few classes and the mass of all others. In four
 * modes, which differ in what becomes of the rest. It runs after the row loss; topK makes such a teacher from a dense
 * one, a pack may hold it.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { forwardKlOf, reverseKlOf } from './klRows.ts';
import { rowStats } from './rowLoss.ts';
import {
  addTermRows,
  bitsOf,
  clampedTemperature,
  oneRowEach,
  type RowLossValue,
  rowLanes,
  rowLibrary,
  type TermRows,
  tamedRow,
} from './termRows.ts';
import { logNothing, logSumExp } from './topK.ts';

/** In the order of the shader's modes. */
export const sparseModes = ['renormalise', 'tail', 'tail_reverse', 'renormalise_both'] as const;
export type SparseMode = (typeof sparseModes)[number];

export interface SparseKlParams extends TermRows {
  readonly mode: SparseMode;
  /** Classes stored for each row, at most 128; the term's parameter k says how many of them count. */
  readonly width: number;
  /** The temperature of the stored log-probabilities; null: they are at that of the step. */
  readonly stored: number | null;
  /** A mistake, for the failure gallery: mode `tail` with both tails as 1 − Σ in float32. */
  readonly naiveTail?: boolean;
}

/** Bindings: logits [rows, V], ids and log-probabilities [rows, width], tail [rows], flags, gradient, stats. */
export const sparseKl: Kernel<SparseKlParams> = {
  name: 'sparse_kl',
  sources: [
    ...rowLibrary,
    'lib/lanes',
    'lib/row_groups',
    'distill/terms/own_slot',
    'distill/terms/chosen',
    'distill/sparse_kl',
  ],
  bindings: [
    { name: 'logits', access: 'read', dtype: 'f32' },
    { name: 'ids', access: 'read', dtype: 'u32' },
    { name: 'log_probabilities', access: 'read', dtype: 'f32' },
    { name: 'tail', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'gradient', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: ({ naiveTail = false }) => ({ LANES: rowLanes, NAIVE_TAIL: Number(naiveTail) }),
  shape: ({ rows, classes, width, slot, mode, stored }) => [
    rows,
    classes,
    width,
    slot,
    rowLanes,
    sparseModes.indexOf(mode),
    bitsOf(stored ?? 0),
  ],
  workgroups: oneRowEach,
  lengths: ({ rows, classes, width }) => {
    const all = rows * classes;
    return [all, rows * width, rows * width, rows, rows, all, rows * rowStats];
  },
  reference(params, buffers, live) {
    const { width, stored } = params;
    const [logits, ids, logProbabilities, tail] = [0, 1, 2, 3].map((i) => window(buffers, i));
    if (!logits || !ids || !logProbabilities || !tail) return;
    const outputs = [window(buffers, 5), window(buffers, 6)] as const;
    const k = Math.min(Math.max(Math.trunc(live.termParams(params.slot)[0] ?? 0), 1), width);
    const temperature = clampedTemperature(live);
    addTermRows(params, window(buffers, 4), outputs, live, (r) => {
      const part = (x: typeof ids): number[] => [...x.subarray(r * width, (r + 1) * width)];
      const known = { ids: part(ids), logProbabilities: part(logProbabilities), tail: at(tail, r) };
      const teacher = firstOf(known, k, (stored ?? temperature) / temperature);
      const z = tamedRow(logits, r, params.classes);
      if (params.naiveTail) return naiveTailRow(z, teacher, temperature);
      return sparseKlRow(params.mode, z, teacher, temperature);
    });
  },
};

/** Four steps of float32 at 1: drivers' exponentials are no better. */
const roundings = 2 ** -22;

/**
 * The mistake: Σ_K p log(p/q) + p_t log(p_t/q_t) with p_t = 1 − Σ_K p and q_t = 1 − Σ_K q, rounded to float32 as the shader
 * has them whatever the reference computes in. A tail that is lost in roundings has no logarithm, and its row is set to 0.
 */
function naiveTailRow(z: Float64Array, teacher: SparseTeacher, temperature: number): RowLossValue {
  const scaled = z.map((x) => x / temperature);
  const logAll = logSumExp([...scaled]);
  const norm = logSumExp([...teacher.logProbabilities, teacher.tail]);
  const p = teacher.logProbabilities.map((x) => Math.exp(x - norm));
  const q = scaled.map((x) => Math.exp(x - logAll));
  const own = teacher.ids.map((j) => at(q, j));
  const [pTail, qTail] = [1 - roundedSum(p), 1 - roundedSum(own)];
  if (Math.min(pTail, qTail) < roundings) return { loss: 0, gradient: new Float64Array(z.length) };
  const ratio = pTail / qTail;
  const slopes = ratio * (1 - qTail) - (1 - pTail);
  const loss = p.reduce((sum, x, i) => sum + (x === 0 ? 0 : x * Math.log(x / (own[i] ?? 0))), 0);
  const gradient = q.map((x) => (-x * slopes) / temperature);
  teacher.ids.forEach((j, i) => {
    gradient[j] = (at(q, j) * (ratio - slopes) - (p[i] ?? 0)) / temperature;
  });
  return { loss: loss + pTail * Math.log(ratio), gradient };
}

/** Σ in float32, in the order of the workgroup: each lane its own, then the lanes in turn. */
function roundedSum(values: readonly number[]): number {
  const lanes = Array.from({ length: rowLanes }, () => 0);
  values.forEach((x, i) => {
    lanes[i % rowLanes] = Math.fround((lanes[i % rowLanes] ?? 0) + Math.fround(x));
  });
  return lanes.reduce((sum, x) => Math.fround(sum + x), 0);
}

/** A teacher's row: classes by descending probability, their logarithms, and that of all others together. */
export interface SparseTeacher {
  readonly ids: readonly number[];
  readonly logProbabilities: readonly number[];
  readonly tail: number;
}

/** The first k of its classes, the others joined to the tail; every mass to the given power, not yet normalised. */
export function firstOf(
  { ids, logProbabilities, tail }: SparseTeacher,
  k: number,
  power: number,
): SparseTeacher {
  const rest = logSumExp([...logProbabilities.slice(k), ...(tail > logNothing / 2 ? [tail] : [])]);
  return {
    ids: ids.slice(0, k),
    logProbabilities: logProbabilities.slice(0, k).map((x) => power * x),
    tail: rest === logNothing ? logNothing : power * rest,
  };
}

/** Loss and gradient of one row; the teacher's masses need not sum to 1. */
export function sparseKlRow(
  mode: SparseMode,
  z: Float64Array,
  teacher: SparseTeacher,
  temperature: number,
): RowLossValue {
  const scaled = z.map((x) => x / temperature);
  const chosen = new Set(teacher.ids);
  const others = Array.from(z.keys()).filter((j) => !chosen.has(j));
  const logOn = logSumExp(teacher.ids.map((j) => at(scaled, j)));
  const logOff = logSumExp(others.map((j) => at(scaled, j)));
  const logAll = logSumExp([logOn, logOff]);
  const own = Float64Array.from(teacher.ids, (j) => at(scaled, j));
  const gradient = new Float64Array(z.length);
  const spread = (onChosen: Float64Array, onRest: number): Float64Array => {
    teacher.ids.forEach((j, i) => {
      gradient[j] = at(onChosen, i);
    });
    for (const j of others) gradient[j] = onRest * Math.exp(at(scaled, j) - logOff);
    return gradient;
  };

  const normP = logSumExp(teacher.logProbabilities);
  if (mode === 'renormalise_both' || mode === 'renormalise') {
    const logP = Float64Array.from(teacher.logProbabilities, (x) => x - normP);
    const normQ = mode === 'renormalise_both' ? logOn : logAll;
    const found = forwardKlOf(
      own.map((x) => x - normQ),
      logP,
      temperature,
    );
    const rest = mode === 'renormalise_both' ? 0 : Math.exp(logOff - logAll);
    return { loss: found.loss + rest, gradient: spread(found.gradient, rest / temperature) };
  }
  // One more class for the rest, where there is one.
  const more = others.length === 0 ? [] : [teacher.tail];
  const normAll = logSumExp([...teacher.logProbabilities, teacher.tail]);
  const logP = Float64Array.from([...teacher.logProbabilities, ...more], (x) => x - normAll);
  const logQ = Float64Array.from([...own, ...more.map(() => logOff)], (x) => x - logAll);
  const compare = mode === 'tail' ? forwardKlOf : reverseKlOf;
  const found = compare(logQ, logP, temperature);
  return { loss: found.loss, gradient: spread(found.gradient, at(found.gradient, teacher.ids.length)) };
}
