/**
 * What a loss is on given logits: value, value of each row, gradient, by the kernels of training on any executor. For the
 * command line, and for tests against other people's numbers.
 */
import { findTerm } from '../losses/catalogue.ts';
import { statsWidth } from '../ops/compile.ts';
import { compileLosses } from '../ops/compileLosses.ts';
import { StillroomError } from '../spec/errors.ts';
import { readFormulaTerm } from '../spec/formulaTerms.ts';
import { presets } from '../spec/presets.ts';
import type { ArmSpec, ObjectiveSpec, RunSpec } from '../spec/runSpec.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import type { Executor, Placement, Storage } from '../tensor/executor.ts';
import type { Numbers } from '../tensor/kernel.ts';
import { LiveBlock, liveWords } from '../tensor/live.ts';
import { checkClasses, termsOf, writeArm } from './armSettings.ts';
import { labelledFlag, validFlag } from './batches.ts';

export interface LossBatch {
  readonly classes: number;
  readonly student: readonly (readonly number[])[];
  /** −∞ for a class that the teacher lacks. */
  readonly teacher: readonly (readonly number[])[];
  /** −1 where a row has none. */
  readonly labels: readonly number[];
  readonly mask: readonly boolean[];
}

export interface LossAnswer {
  /** Mean over the rows that count. */
  readonly loss: number;
  /** Each row's own value, T² included; 0 where it does not count. */
  readonly rows: readonly number[];
  /** Of `loss` by the student's logits. */
  readonly gradient: readonly (readonly number[])[];
}

export interface LossAsked {
  readonly terms: ObjectiveSpec['terms'];
  readonly temperature: number;
  readonly scaleByT2: boolean;
}

/** The numbers behind a storage, where an executor keeps them in the host's memory: then nothing is rounded on the way. */
type NumbersOf = (storage: Storage) => Numbers;

/** Means are taken here and not on the executor, whose 1/N is rounded. Errors: `loss-labels`, `loss-classes`, those of specifications. */
export async function answerLoss(
  executor: Executor,
  asked: LossAsked,
  batch: LossBatch,
  numbersOf?: NumbersOf,
): Promise<LossAnswer> {
  const { classes, student, teacher, labels, mask } = batch;
  const rows = student.length;
  const { spec, arm } = specOf(asked);
  checkClasses(spec, arm, classes);
  const counts = rowsOfMean(asked, batch);
  const planned = compileLosses(termsOf(spec, arm), { rows, classes }, executor.adapter);
  const { program } = planned;
  const storages = new Map<string, Storage>(
    program.slots.map((slot) => [slot.name, executor.allocate(slot.name, slot.dtype, slot.length)]),
  );
  const storage = (name: string): Storage => {
    const found = storages.get(name);
    if (found === undefined) throw new RangeError(`there is no ${name}`);
    return found;
  };
  const live = executor.allocate('live', 'u32', liveWords);
  try {
    const block = new LiveBlock(1);
    writeArm(block, 0, spec, arm, 0);
    block.set(0, 'inverseValid', 1);
    block.set(0, 'inverseLabelled', 1);
    executor.write(live, block.words);
    const write = (name: string, values: readonly number[]) => {
      if (numbersOf === undefined) executor.write(storage(name), Float32Array.from(values));
      else numbersOf(storage(name)).set(values);
    };
    write('logits', student.flat());
    write('teacher', teacher.flat());
    executor.write(
      storage('labels'),
      Uint32Array.from(labels, (label) => Math.max(0, label)),
    );
    executor.write(
      storage('flags'),
      Uint32Array.from(mask, (counts, r) =>
        counts ? validFlag | ((labels[r] ?? -1) >= 0 ? labelledFlag : 0) : 0,
      ),
    );
    await executor.prepare([program]);
    const placements = new Map<string, Placement>(
      [...storages].map(([name, own]) => [name, { storage: own }]),
    );
    executor.run([executor.bind(program, placements, { storage: live, offset: 0 })]);
    const read = async (name: string) =>
      numbersOf === undefined ? executor.read(storage(name)) : numbersOf(storage(name));
    const [stats, gradient] = [await read('stats'), await read('gradient')];
    const own = student.map((_, r) => stats[r * statsWidth] ?? 0);
    return {
      loss: own.reduce((sum, value) => sum + value, 0) / counts,
      rows: own,
      gradient: student.map((_, r) =>
        Array.from(gradient.subarray(r * classes, (r + 1) * classes), (value: number) => value / counts),
      ),
    };
  } finally {
    for (const one of [...storages.values(), live]) one.dispose();
  }
}

/** Rows that the mean counts: the labelled ones of those that are not masked where every term needs a label. Errors: `loss-labels`. */
function rowsOfMean({ terms }: LossAsked, { labels, mask }: LossBatch): number {
  const needLabels = terms.every(asksForLabels);
  const counted = mask.filter((counts, r) => counts && (!needLabels || (labels[r] ?? -1) >= 0));
  if (terms.some(asksForLabels) && !labels.some((label) => label >= 0)) throw withoutLabels();
  return Math.max(1, counted.length);
}

function asksForLabels({ id, formula = '' }: LossAsked['terms'][number]): boolean {
  if (id === 'formula') return readFormulaTerm(formula, 'formula').labelled;
  return findTerm(id)?.needs.includes('labels') ?? false;
}

function withoutLabels(): StillroomError {
  return new StillroomError({
    code: 'loss-labels',
    problem: 'This loss asks for labels',
    got: 'no row with one',
    wanted: '"labels", one a row',
    remedy: 'Give the labels, or choose a loss without',
  });
}

/** The losses as a run's specification, so that they are checked and weighted as any other. */
function specOf({ terms, temperature, scaleByT2 }: LossAsked): { spec: RunSpec; arm: ArmSpec } {
  const [preset] = presets.values();
  if (preset === undefined) throw new RangeError('there are no presets');
  const objective: ObjectiveSpec = {
    mix: 1,
    mixing: 'sum',
    labelWeight: 0,
    temperature,
    scaleByT2,
    terms: [...terms],
    hidden: null,
  };
  const arm: ArmSpec = { kind: 'distilled' };
  return { spec: parseRunSpec({ ...preset.spec, objective, arms: [arm] }), arm };
}
