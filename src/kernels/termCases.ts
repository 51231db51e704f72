/**
 * What the tests of the row losses outside of the row kernel share: the buffers of a call by the names of its bindings,
 * with what earlier kernels would have left in them, and the properties that each of these losses must have.
 */
import { expect } from 'vitest';
import { at, type Kernel, type Numbers } from '../tensor/kernel.ts';
import type { LiveName } from '../tensor/live.ts';
import {
  type Checked,
  checkKernel,
  type Input,
  randomFloats,
  randomInts,
  runKernel,
  testExecutor,
} from './checkKernel.ts';
import { gradientError } from './finiteDifference.ts';
import { rowStats } from './rowLoss.ts';
import { extremeInputs } from './rowLossCases.ts';
import { descending } from './sortRows.ts';
import { logSoftmaxOf, type RowLossValue, type TermRows, tamedRow } from './termRows.ts';
import { logNothing, logSumExp } from './topK.ts';

type Floats = Float32Array<ArrayBuffer>;

export interface TermInputs {
  readonly student: Floats;
  readonly teacher: Floats;
  readonly flags: Uint32Array<ArrayBuffer>;
  /** Classes of the teacher, where they are not the student's. */
  readonly teacherClasses?: number;
}

export interface TermSettings {
  readonly temperature: number;
  /** Parameters of the term, in the table's order. */
  readonly parameters?: readonly number[];
  /** Classes of a sparse teacher. */
  readonly width?: number;
  /** See CheckOptions. */
  readonly nothing?: number;
}

/** The second of four terms, so that a slot that is taken for the first is seen. */
export const testedSlot = 1;

export function termInputs(
  rows: number,
  classes: number,
  seed: number,
  teacherClasses = classes,
): TermInputs {
  return {
    student: randomFloats(rows * classes, seed, 6),
    teacher: randomFloats(rows * teacherClasses, seed + 1, 6),
    flags: randomInts(rows, 4, seed + 2).map((bits, r) => (r === 0 ? 1 : bits)),
    teacherClasses,
  };
}

function liveOf({ temperature, parameters = [] }: TermSettings): Partial<Record<LiveName, number>> {
  const given = parameters.map((value, i) => [`termParams${4 * testedSlot + i}`, value]);
  return {
    temperature,
    inverseValid: 0.25,
    termWeight1: 0.75,
    seed: 5,
    step: 3,
    ...Object.fromEntries(given),
  };
}

function buffersOf<P extends TermRows>(
  kernel: Kernel<P>,
  { rows, classes }: P,
  inputs: TermInputs,
  { temperature, width = classes }: TermSettings,
): readonly Input[] {
  const taught = inputs.teacherClasses ?? classes;
  const perRow = (x: Floats, n: number, of: (row: Float64Array) => readonly number[]): number[] =>
    Array.from({ length: rows }, (_, r) => of(tamedRow(x, r, n))).flat();
  const chosen = (row: Float64Array): readonly number[] => descending(row).slice(0, width);
  const logP = (row: Float64Array, classes: readonly number[]): readonly number[] => {
    const all = logSoftmaxOf(row, temperature);
    return classes.map((j) => at(all, j));
  };
  const known: Readonly<Record<string, () => Input>> = {
    logits: () => inputs.student,
    teacher: () => inputs.teacher,
    order: () => Uint32Array.from(perRow(inputs.teacher, taught, descending)),
    teacher_order: () => Uint32Array.from(perRow(inputs.teacher, taught, descending)),
    student_order: () => Uint32Array.from(perRow(inputs.student, classes, descending)),
    ids: () => Uint32Array.from(perRow(inputs.teacher, taught, chosen)),
    log_probabilities: () =>
      Float32Array.from(perRow(inputs.teacher, taught, (row) => logP(row, chosen(row)))),
    tail: () =>
      Float32Array.from(
        perRow(inputs.teacher, taught, (row) => {
          const rest = descending(row).slice(width);
          return [rest.length === 0 ? logNothing : logSumExp(logP(row, rest))];
        }),
      ),
    flags: () => inputs.flags,
    gradient: () => new Float32Array(rows * classes),
    stats: () => new Float32Array(rows * rowStats),
    samples: () => new Uint32Array(rows),
  };
  return kernel.bindings.map(({ name }) => known[name]?.() ?? new Float32Array());
}

/** Both executors on the same rows, compared. */
export function checkTerm<P extends TermRows>(
  kernel: Kernel<P>,
  params: P,
  inputs: TermInputs,
  settings: TermSettings,
): Promise<Checked> {
  return checkKernel(kernel, params, buffersOf(kernel, params, inputs, settings), {
    live: liveOf(settings),
    nothing: settings.nothing ?? 0,
  });
}

/** The GPU alone; every binding afterwards, by name. */
export async function gpuTerm<P extends TermRows>(
  kernel: Kernel<P>,
  params: P,
  inputs: TermInputs,
  settings: TermSettings,
): Promise<ReadonlyMap<string, Float64Array>> {
  const buffers = buffersOf(kernel, params, inputs, settings);
  const found = await runKernel(await testExecutor(), kernel, params, buffers, liveOf(settings));
  return new Map(kernel.bindings.map(({ name }, i) => [name, found[i] ?? new Float64Array()]));
}

/** Logits to ±1e6, ties and masks, at every temperature: nothing that is not finite, no gradient in rows without loss. */
export async function checkExtremes<P extends TermRows>(
  kernel: Kernel<P>,
  paramsOf: (rows: number, classes: number) => P,
  settingsOf: (classes: number) => Omit<TermSettings, 'temperature'>,
): Promise<void> {
  for (const classes of [2, 3, 65, 130]) {
    const rows = 24;
    const inputs = extremeInputs(rows, classes, classes);
    for (const temperature of [0.01, 1, 1000]) {
      const found = await gpuTerm(kernel, paramsOf(rows, classes), inputs, {
        temperature,
        ...settingsOf(classes),
      });
      const [gradient, stats] = [found.get('gradient'), found.get('stats')];
      expect(gradient?.every(Number.isFinite)).toBe(true);
      expect(stats?.every(Number.isFinite)).toBe(true);
      inputs.flags.forEach((bits, r) => {
        if ((bits & 1) !== 0) return;
        expect(gradient?.slice(r * classes, (r + 1) * classes).every((g) => g === 0)).toBe(true);
        expect(stats?.slice(r * rowStats, (r + 1) * rowStats).every((x) => x === 0)).toBe(true);
      });
    }
  }
}

/** A row whose broken logit the row loss found is left alone; what is there already is added to. */
export async function checkAdding<P extends TermRows>(
  kernel: Kernel<P>,
  params: P,
  inputs: TermInputs,
  settings: TermSettings,
): Promise<void> {
  const buffers = buffersOf(kernel, params, inputs, settings);
  const [gradientAt, statsAt] = ['gradient', 'stats'].map((name) =>
    kernel.bindings.findIndex((binding) => binding.name === name),
  );
  const filled = buffers.map((buffer, i) => {
    if (i === gradientAt) return new Float32Array(buffer.length).fill(0.5);
    if (i !== statsAt) return buffer;
    return new Float32Array(buffer.length).map((_, at) =>
      at === 13 ? 1 : 0.25 * Number(at % rowStats !== 13),
    );
  });
  const { gpu } = await checkKernel(kernel, params, filled, { live: liveOf(settings) });
  expect([...(gpu[gradientAt ?? -1] ?? [])].slice(0, params.classes)).toEqual(
    new Array(params.classes).fill(0.5),
  );
  expect(gpu[statsAt ?? -1]?.[0]).toBe(0.25);
}

/** Random rows of the reference in float64: gradient against differences to 1e-7, and ×1.0001 is caught. */
export function checkDerivative(
  valueAt: (
    z: Float64Array,
    u: Float64Array,
    temperature: number,
  ) => {
    readonly value: RowLossValue;
    /** The same with what is detached held where it was; null where a kink is within reach. */
    readonly loss: ((z: Float64Array) => number) | null;
  },
  classes = 7,
  teacherClasses = classes,
): { readonly checked: number; readonly left: number } {
  let [checked, left] = [0, 0];
  for (const temperature of [0.5, 1, 4]) {
    for (let seed = 0; seed < 12; seed++) {
      const z = Float64Array.from(randomFloats(classes, seed, 3));
      const u = Float64Array.from(randomFloats(teacherClasses, seed + 100, 3));
      const { value, loss } = valueAt(z, u, temperature);
      if (loss === null) {
        left += 1;
        continue;
      }
      checked += 1;
      const step = 1e-3 * temperature;
      expect(gradientError(loss, value.gradient, z, step)).toBeLessThan(1e-7);
      if (value.gradient.some((g) => g !== 0)) {
        const planted = value.gradient.map((g) => 1.0001 * g);
        expect(gradientError(loss, planted, z, step)).toBeGreaterThan(5e-5);
      }
    }
  }
  return { checked, left };
}

export const softmax = (x: Numbers, temperature: number): number[] => {
  const exps = [...x].map((value) => Math.exp(value / temperature));
  const total = exps.reduce((sum, value) => sum + value, 0);
  return exps.map((value) => value / total);
};
