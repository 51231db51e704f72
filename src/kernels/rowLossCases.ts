/**
 * Inputs of the row loss's tests, and the comparison of its two forms with the float64 reference: in norm, the
 * gradient as a whole and each statistic over the rows, so that a large column hides no small one.
 */
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { parametersOf } from '../spec/terms.ts';
import type { Kernel } from '../tensor/kernel.ts';
import type { LiveName } from '../tensor/live.ts';
import { RandomStream } from '../tensor/random.ts';
import { type Input, randomFloats, randomInts, runKernel, testExecutor } from './checkKernel.ts';
import { type RowLossParams, rowStats } from './rowLoss.ts';
import type { TermId } from './rowTerms.ts';

/** In norm, GPU against reference (STYLE.md 5). */
const tolerance = 1e-5;

export interface RowInputs {
  readonly student: Float32Array<ArrayBuffer>;
  readonly teacher: Float32Array<ArrayBuffer>;
  readonly labels: Uint32Array<ArrayBuffer>;
  readonly flags: Uint32Array<ArrayBuffer>;
}

export interface RowResult {
  readonly gradient: Float64Array;
  readonly stats: Float64Array;
}

export type LiveValues = Partial<Record<LiveName, number>>;

export const allTerms = ['forward_kl', 'reverse_kl', 'jsd_normalised', 'logit_mse'] as const;

/** Every term once, four to a compiled kernel. */
export const groups: readonly (readonly TermId[])[] = [
  allTerms,
  ['hard_ce', 'soft_ce', 'ce', 'corrected_teacher'],
  ['jsd', 'jeffreys', 'skew_kl', 'skew_reverse_kl'],
  ['total_variation', 'probability_mse', 'logit_cosine', 'label_smoothing'],
  // From three classes on: over two, what is left of them is rounding.
  ['decoupled', 'standardised_kl', 'dist_inter'],
];

/** Uniform logits in ±scale; three of four rows valid, half of all labelled. */
export function rowInputs(rows: number, classes: number, seed: number, scale = 6): RowInputs {
  return {
    student: randomFloats(rows * classes, seed, scale),
    teacher: randomFloats(rows * classes, seed + 1, scale),
    labels: randomInts(rows, classes, seed + 2),
    flags: randomInts(rows, 4, seed + 3).map((bits, r) => (r === 0 ? 3 : bits)),
  };
}

export const allValid = (rows: number, flags = 3): Uint32Array<ArrayBuffer> =>
  new Uint32Array(rows).fill(flags);

/** Parameters of terms in their slots, those of the table where `given` has none. */
export function paramsOf(terms: readonly TermId[], given: Partial<Record<TermId, number>> = {}): LiveValues {
  return Object.fromEntries(
    terms.flatMap((id, k) => {
      const own = given[id];
      const all = parametersOf({ id });
      return (own === undefined ? all : [own, ...all.slice(1)]).map((value, i) => [
        `termParams${4 * k + i}`,
        value,
      ]);
    }),
  );
}

export function liveFor(inputs: RowInputs, temperature: number, more: LiveValues = {}): LiveValues {
  const count = (bits: number): number => inputs.flags.filter((flag) => (flag & bits) === bits).length;
  return {
    temperature,
    inverseValid: 1 / Math.max(1, count(1)),
    inverseLabelled: 1 / Math.max(1, count(3)),
    labelWeight: 0.1,
    termWeight0: 0.9 * temperature ** 2,
    termWeight1: 0.4,
    termWeight2: 0.7,
    termWeight3: 0.2,
    ...more,
  };
}

export async function gpuRows(
  kernel: Kernel<RowLossParams>,
  params: RowLossParams,
  inputs: RowInputs,
  live: LiveValues,
): Promise<RowResult> {
  return resultOf(await runKernel(await testExecutor(), kernel, params, buffersOf(params, inputs), live));
}

export async function referenceRows(
  kernel: Kernel<RowLossParams>,
  params: RowLossParams,
  inputs: RowInputs,
  live: LiveValues,
): Promise<RowResult> {
  const executor = new ReferenceExecutor('float64');
  return resultOf(await runKernel(executor, kernel, params, buffersOf(params, inputs), live));
}

/** Runs both and throws where they differ by more than 1e-5 in norm. */
export async function checkRows(
  kernel: Kernel<RowLossParams>,
  params: RowLossParams,
  inputs: RowInputs,
  live: LiveValues,
  limit = tolerance,
): Promise<RowResult> {
  const gpu = await gpuRows(kernel, params, inputs, live);
  const wanted = await referenceRows(kernel, params, inputs, live);
  const where = `${kernel.name} ${params.rows}×${params.classes} ${params.terms.map((term) => String(term)).join()}`;
  compare(`${where} gradient`, gpu.gradient, wanted.gradient, limit);
  for (let column = 0; column < rowStats; column++) {
    compare(`${where} stats[${column}]`, columnOf(gpu.stats, column), columnOf(wanted.stats, column), limit);
  }
  return gpu;
}

export function columnOf(stats: Float64Array, column: number): Float64Array {
  return stats.filter((_, i) => i % rowStats === column);
}

export function compare(name: string, found: Float64Array, wanted: Float64Array, limit = tolerance): void {
  let [difference, size] = [0, 0];
  wanted.forEach((value, i) => {
    difference += ((found[i] ?? Number.NaN) - value) ** 2;
    size += value ** 2;
  });
  const error = Math.sqrt(difference);
  if (!(error <= limit * Math.sqrt(size) + 1e-30)) {
    throw new Error(
      `${name}: differs by ${error} in norm of ${Math.sqrt(size)}, allowed is ${limit} relative`,
    );
  }
}

/** Logits that break naive formulas: any scale to ±1e6, rows of equal, opposite, single and barely different logits. */
export function extremeInputs(rows: number, classes: number, seed: number): RowInputs {
  const random = new RandomStream(seed, 0, 0xe87);
  const row = (): Float32Array => {
    const scale = 10 ** random.between(-6, 6);
    const kinds: readonly ((j: number) => number)[] = [
      () => random.between(-scale, scale),
      () => scale,
      (j) => (j === 0 ? scale : -scale),
      (j) => (j === 0 ? -1e6 : 1e6),
      () => (random.unit() < 0.5 ? -1e6 : 1e6),
      () => scale + random.between(-1e-3, 1e-3),
    ];
    const kind = kinds[random.integer(kinds.length)] ?? (() => 0);
    return Float32Array.from({ length: classes }, (_, j) => kind(j));
  };
  const [student, teacher] = [new Float32Array(rows * classes), new Float32Array(rows * classes)];
  for (let r = 0; r < rows; r++) {
    student.set(row(), r * classes);
    teacher.set(random.unit() < 0.2 ? student.subarray(r * classes, (r + 1) * classes) : row(), r * classes);
  }
  return { student, teacher, labels: randomInts(rows, classes, seed), flags: randomInts(rows, 4, seed + 1) };
}

function buffersOf({ rows, classes }: RowLossParams, inputs: RowInputs): readonly Input[] {
  // What was there before must not show through.
  const [gradient, stats] = [
    new Float32Array(rows * classes).fill(9),
    new Float32Array(rows * rowStats).fill(9),
  ];
  return [inputs.student, inputs.teacher, inputs.labels, inputs.flags, gradient, stats];
}

function resultOf(buffers: readonly Float64Array[]): RowResult {
  const [gradient, stats] = [buffers[4], buffers[5]];
  if (gradient === undefined || stats === undefined) throw new Error('the row loss wrote nothing');
  return { gradient, stats };
}
