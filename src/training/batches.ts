/**
 * A run's rows on the executor: inputs, labels, flags and the teacher's answers of the transfer set, and the Program
 * that gathers a batch of them. The arms share one gathered batch. It trains nothing.
 */
import { type Dataset, type Split, sampleSize } from '../data/task.ts';
import { expandTop } from '../kernels/expandTop.ts';
import {
  type GatheredTable,
  gatherBatch,
  gatheredLength,
  mostGathered,
  planeStride,
} from '../kernels/gatherBatch.ts';
import { type MeanAnswersParams, meanAnswers, mostTeachers } from '../kernels/meanAnswers.ts';
import { type AnswerRows, denseOf, isTop, type TopRows } from '../teachers/topAnswers.ts';
import type { Executor, Placement, Storage } from '../tensor/executor.ts';
import type { Dtype } from '../tensor/kernel.ts';
import { call, type KernelCall, type Program, type Slot } from '../tensor/program.ts';
import { faultSlots, type SlotFault, zeroLogits } from './faults.ts';

/** What lies on the executor of answers that were cut. */
const topValues = 'teacher.top.values';
const topIds = 'teacher.top.ids';

/** Labels and flags of the rows, as planes of one table, so that a batch is gathered in one dispatch. */
const marks = 'marks';

/** Bound where the gathering kernel has room for more tables than there are. */
const spare = ['spare.0', 'spare.1'] as const;

/** Bits of a row's flags. */
export const validFlag = 1;
export const labelledFlag = 2;

/**
 * The teacher's answers over all rows of the transfer set: (n × positions, classes), or the largest of each row, which only a
 * batch's kernel expands; and each hidden state (…, size).
 */
export interface TransferAnswers {
  /**
   * Null where each batch is answered by a live teacher, or where no arm has one. Then hidden states come with each batch,
   * too, and those here are of the first sample alone.
   */
  readonly logits: AnswerRows | null;
  readonly hidden: readonly { readonly size: number; readonly values: Float32Array<ArrayBuffer> }[];
  /** Of several teachers, in place of `logits`: those of each; null of one that answers each batch. */
  readonly members?: readonly (Float32Array<ArrayBuffer> | null)[];
}

export interface BatchShape {
  readonly samples: number;
  /** Rows with a label in one sample. */
  readonly positions: number;
  readonly size: number;
  readonly classes: number;
  /** Width of each hidden state of the teacher. */
  readonly hidden: readonly number[];
}

/** Buffers of the whole transfer set and of one batch; freed by `dispose`. */
export class Batches {
  readonly shape: BatchShape;
  readonly #executor: Executor;
  readonly #transfer: Record<string, Storage> = {};
  readonly #batch: Record<string, Storage> = {};
  readonly #indices: Storage;
  readonly #faults: readonly SlotFault[];
  /** Of the transfer set. */
  readonly #rows: number;
  #top: TopRows | null = null;

  /** Frees what it has where the rest is refused. `faults` are given slots of their own. */
  constructor(
    executor: Executor,
    dataset: Dataset,
    samples: number,
    answers: TransferAnswers,
    faults: readonly SlotFault[] = [],
  ) {
    const { transfer, inputShape, inputDtype, positions, classNames } = dataset;
    const size = sampleSize(inputShape);
    const classes = classNames.length;
    this.shape = { samples, positions, size, classes, hidden: answers.hidden.map((one) => one.size) };
    this.#executor = executor;
    this.#faults = faults;
    this.#rows = transfer.n;
    this.#indices = executor.allocate('indices', 'u32', samples);
    try {
      for (const name of spare) this.#batch[name] = executor.allocate(name, 'u32', 1);
      this.#allocate('input', size, samples, transfer.n, inputDtype);
      const { logits } = answers;
      this.#batch['teacher'] = executor.allocate('teacher', 'f32', samples * positions * classes);
      if (logits !== null && isTop(logits)) {
        this.#top = logits;
        this.#allocateWhole(topValues, positions * (logits.k + 1), transfer.n, 'f32');
        this.#allocateWhole(topIds, positions * logits.k, transfer.n, 'u32');
      } else if (logits !== null) this.#allocateWhole('teacher', positions * classes, transfer.n, 'f32');
      answers.members?.forEach((own, i) => {
        const name = memberSlot(i);
        this.#batch[name] = executor.allocate(name, 'f32', samples * positions * classes);
        if (own === null) return;
        this.#allocateWhole(name, positions * classes, transfer.n, 'f32');
        this.#write(name, own);
      });
      const both = { width: positions, planes: 2 };
      this.#transfer[marks] = executor.allocate(`transfer.${marks}`, 'u32', gatheredLength(transfer.n, both));
      this.#batch[marks] = executor.allocate(marks, 'u32', gatheredLength(samples, both));
      answers.hidden.forEach(({ size: width, values }, i) => {
        const name = `teacher.hidden.${i}`;
        if (answers.logits === null)
          this.#batch[name] = executor.allocate(name, 'f32', samples * positions * width);
        else {
          this.#allocate(name, positions * width, samples, transfer.n);
          this.#write(name, values);
        }
      });
      for (const fault of faults) {
        const width = fault === 'mask_ignored' ? positions : positions * classes;
        this.#allocate(slotOf(fault), width, samples, transfer.n, fault === 'mask_ignored' ? 'u32' : 'f32');
      }
      this.#write('input', transfer.inputs);
      if (this.#top !== null) {
        this.#write(topValues, this.#top.values);
        this.#write(topIds, this.#top.ids);
      } else if (logits !== null && !isTop(logits)) this.#write('teacher', logits);
      if (logits !== null && faults.includes('zero_logits'))
        this.#write(slotOf('zero_logits'), zeroLogits(denseOf(logits)));
      this.relabel(transfer);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Another replicate's subset and noise over the same rows. */
  relabel(split: Split): void {
    this.#write(marks, split.labels);
    const flags = Uint32Array.from(split.labelled, (given, row) =>
      split.valid[row] === 0 ? 0 : validFlag | (given === 1 ? labelledFlag : 0),
    );
    this.#write(marks, flags, planeStride(split.n, this.shape.positions));
    if (this.#faults.includes('mask_ignored'))
      this.#write(slotOf('mask_ignored'), new Uint32Array(flags.length).fill(validFlag | labelledFlag));
  }

  /** Takes effect with the next gather: samples × u32. */
  choose(indices: Uint32Array<ArrayBuffer>): void {
    this.#executor.write(this.#indices, indices);
  }

  /** The teacher's own slots of a batch, for a live teacher to fill. */
  get input(): Storage {
    return this.#slot('input');
  }

  /** What the arms learn from. */
  get teacher(): Storage {
    return this.#slot('teacher');
  }

  /** Where one of several teachers answers, or the only one. */
  answersOf(member: number | null): Storage {
    return member === null ? this.teacher : this.#slot(memberSlot(member));
  }

  hidden(i: number): Storage {
    return this.#slot(`teacher.hidden.${i}`);
  }

  /** What the several teachers say together, from what each answered; null where there is one. */
  meanProgram(combine: MeanAnswersParams['combine'], maxBinding: number): Program | null {
    const { samples, positions, classes } = this.shape;
    const members = Object.keys(this.#batch).filter((name) => name.startsWith(memberSlot('')));
    if (members.length === 0) return null;
    const rows = samples * positions;
    const names = [...members, 'teacher'];
    const slots = names.map((name): Slot => ({ name, dtype: 'f32', length: rows * classes }));
    const bound = Array.from({ length: mostTeachers }, (_, i) => members[i] ?? members[0] ?? '');
    // Windows begin at multiples of 64 elements.
    const most = Math.max(64, Math.floor(maxBinding / (4 * classes * 64)) * 64);
    const calls: KernelCall[] = [];
    for (let row = 0; row < rows; row += most) {
      const own = Math.min(most, rows - row);
      const window = (slot: string) => ({ slot, offset: row * classes, length: own * classes });
      calls.push(call(meanAnswers, { rows: own, classes, combine }, [...bound, 'teacher'].map(window)));
    }
    return { name: 'mean answers', slots, calls };
  }

  /** Slots of a gradient Program that the batch fills. */
  get placements(): ReadonlyMap<string, Placement> {
    const { samples, positions } = this.shape;
    const storage = this.#slot(marks);
    return new Map<string, Placement>([
      ...Object.entries(this.#batch).map(([name, own]) => [name, { storage: own }] as const),
      ['labels', { storage }],
      ['flags', { storage, offset: planeStride(samples, positions) }],
    ]);
  }

  /** The same for an arm with a planted fault, which has slots of its own in place of some. */
  placementsOf(fault: string | undefined): ReadonlyMap<string, Placement> {
    const own = this.#faults.find((one) => one === fault);
    if (own === undefined) return this.placements;
    return new Map([...this.placements, [faultSlots[own], { storage: this.#slot(slotOf(own)) }]]);
  }

  /** Placements of `gatherProgram`. */
  get gatherPlacements(): ReadonlyMap<string, Placement> {
    const whole = Object.entries(this.#transfer).map(
      ([name, storage]) => [`transfer.${name}`, { storage }] as const,
    );
    return new Map<string, Placement>([
      ...this.placements,
      ...whole,
      ['indices', { storage: this.#indices }],
    ]);
  }

  /** Copies the chosen rows into the batch; without the teacher's answers where a live teacher gives them. */
  gatherProgram(withTeacher: boolean): Program {
    const { samples: rows } = this.shape;
    const recorded = (name: string) =>
      withTeacher || !name.startsWith('teacher') || name.startsWith(memberSlot(''));
    // Of several teachers those are recorded that lie here.
    const names = Object.keys(this.#transfer).filter(
      (name) => name !== topValues && name !== topIds && recorded(name),
    );
    const slots: Slot[] = [{ name: 'indices', dtype: 'u32', length: rows }];
    const top = withTeacher && this.#top !== null ? [this.#expand(this.#top, slots)] : [];
    const calls: KernelCall[] = [];
    for (let first = 0; first < names.length; first += mostGathered)
      calls.push(this.#gather(names.slice(first, first + mostGathered), slots));
    return { name: withTeacher ? 'gather' : 'gather input', slots, calls: [...calls, ...top] };
  }

  /** Up to `mostGathered` tables by one call; their slots are added to `slots`. */
  #gather(names: readonly string[], slots: Slot[]): KernelCall {
    const { samples: rows, positions } = this.shape;
    const tables = names.map((name): GatheredTable => {
      return name === marks
        ? { width: positions, planes: 2 }
        : { width: this.#slot(name).length / rows, planes: 1 };
    });
    const spares = spare.slice(0, mostGathered - names.length);
    slots.push(
      ...names.flatMap((name): Slot[] => {
        const [from, to] = [this.#whole(name), this.#slot(name)];
        return [
          { name: `transfer.${name}`, dtype: from.dtype, length: from.length },
          { name, dtype: to.dtype, length: to.length },
        ];
      }),
      ...spares.map((name): Slot => ({ name, dtype: 'u32', length: 1 })),
    );
    const sources = [...names.map((name) => `transfer.${name}`), ...spares.map(() => 'indices')];
    const bound = ['indices', ...sources, ...names, ...spares];
    const lengthOf = (slot: string) => slots.find(({ name }) => name === slot)?.length ?? 0;
    const windows = bound.map((slot) => ({ slot, offset: 0, length: lengthOf(slot) }));
    return call(gatherBatch, { rows, sourceRows: this.#rows, tables }, windows);
  }

  /** The batch's logits from the largest of each row; its slots are added to `slots`. */
  #expand({ k }: TopRows, slots: Slot[]): KernelCall {
    const { samples, positions, classes } = this.shape;
    const own = [
      { from: this.#whole(topValues), name: `transfer.${topValues}` },
      { from: this.#whole(topIds), name: `transfer.${topIds}` },
      { from: this.teacher, name: 'teacher' },
    ].map(({ from: { dtype, length }, name }): Slot => ({ name, dtype, length }));
    slots.push(...own);
    const windows = [{ name: 'indices', length: samples }, ...own].map(({ name, length }) => {
      return { slot: name, offset: 0, length };
    });
    const sourceSamples = this.#whole(topIds).length / (positions * k);
    return call(expandTop, { samples, positions, classes, k, sourceSamples }, windows);
  }

  dispose(): void {
    for (const storage of [...Object.values(this.#transfer), ...Object.values(this.#batch)])
      storage.dispose();
    this.#indices.dispose();
  }

  #allocate(name: string, width: number, samples: number, n: number, dtype: Dtype = 'f32'): void {
    this.#allocateWhole(name, width, n, dtype);
    this.#batch[name] = this.#executor.allocate(name, dtype, samples * width);
  }

  #allocateWhole(name: string, width: number, n: number, dtype: Dtype): void {
    this.#transfer[name] = this.#executor.allocate(`transfer.${name}`, dtype, n * width);
  }

  #write(name: string, numbers: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, offset = 0): void {
    this.#executor.write(this.#whole(name), numbers, offset);
  }

  #slot(name: string): Storage {
    const storage = this.#batch[name];
    if (storage === undefined) throw new RangeError(`a batch has no ${name}`);
    return storage;
  }

  #whole(name: string): Storage {
    const storage = this.#transfer[name];
    if (storage === undefined) throw new RangeError(`a transfer set has no ${name}`);
    return storage;
  }
}

function memberSlot(i: number | ''): string {
  return `teacher.member.${i}`;
}

function slotOf(fault: SlotFault): string {
  return `${faultSlots[fault]}.${fault}`;
}
