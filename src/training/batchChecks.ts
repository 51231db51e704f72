/**
 * Checks of losses that no row decides by itself, on an executor: those on hidden states, on relations between rows, on
 * attention, and on columns of a batch. The kernels of training compute small batches, and what they find is compared with
 * the float64 reference, which is compared with differences of its own value.
 */
import type { attentionLossIds } from '../kernels/attentionKl.ts';
import type { StateLoss } from '../kernels/hiddenLoss.ts';
import type { RelationKind } from '../kernels/relationSums.ts';
import { rowFlag, rowStat, rowStats } from '../kernels/rowLoss.ts';
import { type BatchLossId, batchLive, type ProbedBatch, probeBatch } from '../losses/batchProbe.ts';
import { checkLimits, line } from '../losses/checks.ts';
import { compileBatchLoss, stateSlots } from '../ops/compileBatchLoss.ts';
import { type AdapterKind, compileLosses } from '../ops/compileLosses.ts';
import { hiddenSlot } from '../ops/hiddenLosses.ts';
import { type CheckLine, checkNames } from '../protocol/checks.ts';
import type { Executor, Placement, Storage } from '../tensor/executor.ts';
import type { Program } from '../tensor/program.ts';
import { RandomStream } from '../tensor/random.ts';
import { checkBuffers } from './checkBuffers.ts';

const [rows, width, teacherWidth] = [6, 4, 5];
const step = 1e-3;
/** Of a batch of six the fourth is masked. */
const valid = Array.from({ length: rows }, (_, r) => r !== 3);

interface Edge {
  readonly name: string;
  readonly batch: ProbedBatch;
}

interface Found {
  readonly value: number;
  readonly gradient: readonly (readonly number[])[];
}

/** One line for each check, in order. Errors: those of the executor. */
export async function checkBatchLoss(executor: Executor, id: BatchLossId): Promise<readonly CheckLine[]> {
  const where = executor.kind === 'gpu' ? executor.adapter.name : 'the processor, in float32';
  const kernel = await BatchKernel.create(executor, id);
  const batches = [1, 2, 3].map((seed) => batchOf(id, seed));
  const found: Found[] = [];
  let broken: string | null = null;
  for (const batch of batches) found.push(await kernel.at(batch));
  for (const { name, batch } of edgesOf(id)) {
    const there = await kernel.at(batch);
    if (broken === null && !allFinite(there, probeBatch(id, 1, batch)))
      broken = `Not finite on ${where}: ${name}`;
    const masked = there.gradient.flatMap((row, r) => (batch.valid[r] ? [] : row.slice(0, ownNumbers(id))));
    if (broken === null && masked.some((g) => g !== 0)) broken = `A masked row has a gradient on ${where}`;
  }
  await kernel.dispose();
  const lines: Partial<Record<CheckLine['check'], CheckLine>> = {
    parses: line('parses', 'pass', 'One of the catalogue, over a batch'),
    finite:
      broken === null
        ? line('finite', 'pass', `Finite on ${edgesOf(id).length} edges: ±80, equal, zero, masked`)
        : line('finite', 'fail', broken),
    'gpu-gradient': onExecutorLine(id, batches, found, where),
    differences: differencesLine(id, batches),
    zero: zeroLine(id),
    shift: shiftLine(id),
    hot: hotLine(id),
    cost: line('cost', 'note', 'Grows with the states or the batch, not with the classes'),
  };
  return checkNames.map((check) => lines[check] ?? line(check, 'skipped', 'It was not asked for'));
}

/** Of a masked row: the first of its numbers, which nothing else depends on. Later tokens look at its key, or at its value. */
function ownNumbers(id: BatchLossId): number {
  if (id === 'attention_kl') return width;
  return id === 'value_relation_kl' ? 0 : widthsOf(id).student;
}

function allFinite(...found: readonly Found[]): boolean {
  return found.every(({ value, gradient }) => [value, ...gradient.flat()].every(Number.isFinite));
}

function onExecutorLine(
  id: BatchLossId,
  batches: readonly ProbedBatch[],
  found: readonly Found[],
  where: string,
): CheckLine {
  const pairs = batches.map((batch, i) => [
    probeBatch(id, 1, batch).gradient.flat(),
    found[i]?.gradient.flat(),
  ]);
  const error = relativeError(pairs.map(([wanted = [], got = []]) => [got, wanted]));
  const good = error <= checkLimits.gpu;
  const says = `The gradient on ${where} ${good ? 'is' : 'differs from'} that of float64`;
  return line('gpu-gradient', good ? 'pass' : 'fail', says, error, checkLimits.gpu);
}

function differencesLine(id: BatchLossId, batches: readonly ProbedBatch[]): CheckLine {
  if (id === 'sampled_reverse_kl')
    return line('differences', 'note', 'It holds a part fixed, which differences cannot see');
  const error = relativeError(
    batches.map((batch) => [probeBatch(id, 1, batch).gradient.flat(), slopesOf(id, batch)] as const),
  );
  const good = error <= checkLimits.differences;
  const says = `The gradient ${good ? 'agrees' : 'disagrees'} with differences of its value`;
  return line('differences', good ? 'pass' : 'fail', says, error, checkLimits.differences);
}

/** Fourth-order central differences by every number of the student. */
function slopesOf(id: BatchLossId, batch: ProbedBatch): readonly number[] {
  return batch.student.flatMap((row, r) =>
    row.map((_, c) => {
      const value = (by: number): number => {
        const student = batch.student.map((own, i) =>
          i === r ? own.map((x, j) => (j === c ? x + by : x)) : own,
        );
        return probeBatch(id, 1, { ...batch, student }).value;
      };
      return (8 * (value(step) - value(-step)) - (value(2 * step) - value(-2 * step))) / (12 * step);
    }),
  );
}

/** In norm, over all pairs of (found, wanted). */
function relativeError(pairs: readonly (readonly [readonly number[], readonly number[]])[]): number {
  let [difference, size] = [0, 0];
  for (const [found, wanted] of pairs) {
    wanted.forEach((w, i) => {
      difference += (w - (found[i] ?? Number.NaN)) ** 2;
      size += w ** 2;
    });
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-30);
}

function zeroLine(id: BatchLossId): CheckLine {
  const same = sameOf(id, 1);
  if (same === null)
    return line('zero', 'note', 'Weights are the teacher’s where queries and keys make them so');
  const { value, gradient } = probeBatch(id, 1, same);
  const pull = Math.hypot(...gradient.flat());
  return Math.abs(value) <= checkLimits.nothing && pull <= checkLimits.nothing
    ? line('zero', 'pass', '0, with no gradient, where the states are the teacher’s', value)
    : line('zero', 'fail', 'Not 0 where the states are the teacher’s', Math.max(Math.abs(value), pull));
}

function shiftLine(id: BatchLossId): CheckLine {
  const batch = batchOf(id, 1);
  const moved = { ...batch, student: batch.student.map((row) => row.map((x) => x + 3)) };
  const [at, to] = [probeBatch(id, 1, batch).value, probeBatch(id, 1, moved).value];
  const change = Math.abs(to - at) / Math.max(1, Math.abs(at));
  return change <= checkLimits.nothing
    ? line('shift', 'pass', 'A constant added to all numbers changes nothing', change)
    : line('shift', 'note', '3 added to all numbers changes it: their place matters', change);
}

function hotLine(id: BatchLossId): CheckLine {
  const batch = batchOf(id, 1);
  const [warm, hot] = [100, 1000].map((temperature) =>
    Math.hypot(...probeBatch(id, temperature, batch).gradient.flat()),
  );
  const power = Math.log10((hot ?? Number.NaN) / (warm ?? Number.NaN));
  if (!Number.isFinite(power)) return line('hot', 'fail', 'The gradient is not finite at T = 1000');
  if (Math.abs(power) < 0.01)
    return line('hot', 'note', 'The gradient stays as it is: T plays no part in it', power);
  const way = power < 0 ? 'falls' : 'grows';
  const says = `The gradient ${way} as T to the power of ${power.toFixed(1).replace('-', '−')}`;
  return line('hot', 'note', says, power);
}

/** Losses on logits, and MMD and those that go through a map, compare numbers of one width. */
function widthsOf(id: BatchLossId): { readonly student: number; readonly teacher: number } {
  if (id === 'attention_kl') return { student: 2 * width, teacher: rows };
  const wider = ['gram', 'similarity_preserving', 'linear_cka', 'relational', 'value_relation_kl'];
  return { student: width, teacher: wider.includes(id) ? teacherWidth : width };
}

function batchOf(id: BatchLossId, seed: number): ProbedBatch {
  const { student, teacher } = widthsOf(id);
  const random = new RandomStream(seed, 0, 0xba7c);
  const numbers = (length: number) => Array.from({ length }, () => Math.fround(random.between(-2, 2)));
  const states = (length: number) => Array.from({ length: rows }, () => numbers(length));
  return {
    student: states(student),
    // Weights of attention are positive.
    teacher: id === 'attention_kl' ? states(teacher).map((row) => row.map(Math.abs)) : states(teacher),
    valid,
  };
}

/** Student and teacher alike; null where they are of different kinds. */
function sameOf(id: BatchLossId, seed: number): ProbedBatch | null {
  if (id === 'attention_kl') return null;
  const { student } = batchOf(id, seed);
  return { student, teacher: student, valid };
}

function edgesOf(id: BatchLossId): readonly Edge[] {
  const { student, teacher, valid: counts } = batchOf(id, 4);
  const of = (value: number) => ({
    student: student.map((row) => row.map(() => value)),
    teacher,
    valid: counts,
  });
  const far = student.map((row, r) => row.map((_, c) => ((r + c) % 2 === 0 ? 80 : -80)));
  const same = sameOf(id, 4);
  return [
    { name: 'all states 0', batch: of(0) },
    { name: 'all states equal', batch: of(1) },
    { name: 'states of ±80', batch: { student: far, teacher, valid: counts } },
    { name: 'one row that counts', batch: { student, teacher, valid: counts.map((_, r) => r === 1) } },
    { name: 'no row that counts', batch: { student, teacher, valid: counts.map(() => false) } },
    ...(same === null ? [] : [{ name: 'student equal to teacher', batch: same }]),
  ];
}

/** The kernels of one loss, bound to buffers of its own. */
class BatchKernel {
  readonly #executor: Executor;
  readonly #slots: readonly string[];
  readonly #teacher: string;
  readonly #program: Program;
  readonly #storages: ReadonlyMap<string, Storage>;
  readonly #live: Storage;

  private constructor(
    executor: Executor,
    names: { readonly slots: readonly string[]; readonly teacher: string },
    program: Program,
    storages: ReadonlyMap<string, Storage>,
    live: Storage,
  ) {
    this.#executor = executor;
    this.#slots = names.slots;
    this.#teacher = names.teacher;
    this.#program = program;
    this.#storages = storages;
    this.#live = live;
  }

  /** Errors: those of the executor. */
  static async create(executor: Executor, id: BatchLossId): Promise<BatchKernel> {
    const onLogits = id === 'dist_intra' || id === 'sampled_reverse_kl';
    const { adapter } = executor;
    const { program } = onLogits
      ? compileLosses([id], { rows, classes: width }, adapter)
      : compileStateLoss(id, adapter);
    const names = onLogits
      ? { slots: ['logits'], teacher: 'teacher' }
      : { slots: stateSlots(id), teacher: hiddenSlot(0) };
    const { storages, live } = await checkBuffers(executor, program);
    return new BatchKernel(executor, names, program, storages, live);
  }

  async at({ student, teacher, valid: counts }: ProbedBatch): Promise<Found> {
    const parts = this.#slots.length;
    const each = (student[0]?.length ?? 0) / parts;
    this.#slots.forEach((slot, part) => {
      this.#write(
        slot,
        student.flatMap((row) => row.slice(part * each, (part + 1) * each)),
      );
    });
    this.#write(this.#teacher, teacher.flat());
    this.#write('stats', Array<number>(rows * rowStats).fill(0));
    const flags = Uint32Array.from(counts, (one) => (one ? rowFlag.valid : 0));
    this.#executor.write(this.#storage('flags'), flags);
    this.#executor.write(this.#live, batchLive(counts, 1).words);
    const placements = new Map(
      [...this.#storages].map(([name, storage]): [string, Placement] => [name, { storage }]),
    );
    this.#executor.run([this.#executor.bind(this.#program, placements, { storage: this.#live, offset: 0 })]);
    const gradients = await Promise.all(
      this.#slots.map((slot) =>
        this.#executor.read(this.#storage(slot === 'logits' ? 'gradient' : `gradient.${slot}`)),
      ),
    );
    const stats = await this.#executor.read(this.#storage('stats'));
    return {
      value: student.reduce((sum, _, r) => sum + (stats[r * rowStats + rowStat.total] ?? Number.NaN), 0),
      gradient: student.map((_, r) =>
        gradients.flatMap((part) => [...part.subarray(r * each, (r + 1) * each)]),
      ),
    };
  }

  async dispose(): Promise<void> {
    await this.#executor.settled();
    for (const storage of [...this.#storages.values(), this.#live]) storage.dispose();
  }

  #write(name: string, numbers: readonly number[]): void {
    this.#executor.write(this.#storage(name), Float32Array.from(numbers));
  }

  #storage(name: string): Storage {
    const storage = this.#storages.get(name);
    if (storage === undefined) throw new RangeError(`no ${name}`);
    return storage;
  }
}

function compileStateLoss(
  id: StateLoss | RelationKind | (typeof attentionLossIds)[number],
  adapter: AdapterKind,
) {
  const { student, teacher } = widthsOf(id);
  const parts = stateSlots(id).length;
  return compileBatchLoss(id, { rows, size: student / parts, teacherSize: teacher }, adapter);
}
