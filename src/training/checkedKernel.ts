/** The kernels of one loss, bound to buffers of its own: for checks and timings beside any run. */
import { type ArmTerm, rankedIds } from '../kernels/rankedTerms.ts';
import { rowFlag, rowStat, rowStats } from '../kernels/rowLoss.ts';
import { rowTermOf } from '../losses/probe.ts';
import { compileLosses } from '../ops/compileLosses.ts';
import type { CheckedLoss } from '../protocol/checks.ts';
import { valuesOf } from '../spec/formulaTerms.ts';
import type { BoundProgram, Executor, Placement, Storage } from '../tensor/executor.ts';
import { LiveBlock } from '../tensor/live.ts';
import { checkBuffers } from './checkBuffers.ts';

export interface KernelRow {
  readonly student: ArrayLike<number>;
  readonly teacher: ArrayLike<number>;
  readonly label: number;
  readonly masked: boolean;
}

export class CheckedKernel {
  readonly #executor: Executor;
  readonly #loss: CheckedLoss;
  readonly #classes: number;
  readonly #storages: ReadonlyMap<string, Storage>;
  readonly #live: Storage;
  readonly #bound: BoundProgram;

  private constructor(
    executor: Executor,
    loss: CheckedLoss,
    classes: number,
    storages: ReadonlyMap<string, Storage>,
    live: Storage,
    bound: BoundProgram,
  ) {
    this.#executor = executor;
    this.#loss = loss;
    this.#classes = classes;
    this.#storages = storages;
    this.#live = live;
    this.#bound = bound;
  }

  /** Errors: `shader-invalid`, `out-of-memory`, and those of the executor. */
  static async create(
    executor: Executor,
    loss: CheckedLoss,
    rows: readonly KernelRow[],
  ): Promise<CheckedKernel> {
    const classes = rows[0]?.student.length ?? 0;
    const term = armTermOf(loss);
    const { program } = compileLosses(
      term === null ? [] : [term],
      { rows: rows.length, classes },
      executor.adapter,
    );
    const { storages, live } = await checkBuffers(executor, program);
    const placements = new Map(
      [...storages].map(([name, storage]): [string, Placement] => [name, { storage }]),
    );
    const made = new CheckedKernel(
      executor,
      loss,
      classes,
      storages,
      live,
      executor.bind(program, placements, { storage: live, offset: 0 }),
    );
    made.#write(rows);
    return made;
  }

  /** Gradient (rows × V) and loss of each row, without weight; with other parameters than its own where they are given. */
  async at(
    temperature: number,
    parameters: CheckedLoss['parameters'] = this.#loss.parameters,
  ): Promise<{ readonly gradients: readonly Float32Array[]; readonly losses: readonly number[] }> {
    this.#setLive(temperature, parameters);
    this.run(1);
    const [gradient, stats] = await Promise.all([this.#read('gradient'), this.#read('stats')]);
    const n = stats.length / rowStats;
    return {
      gradients: Array.from({ length: n }, (_, r) =>
        gradient.subarray(r * this.#classes, (r + 1) * this.#classes),
      ),
      losses: Array.from({ length: n }, (_, r) => stats[r * rowStats + rowStat.total] ?? Number.NaN),
    };
  }

  run(times: number): void {
    this.#executor.run(Array<BoundProgram>(times).fill(this.#bound));
  }

  /** After everything that was run is done. */
  async dispose(): Promise<void> {
    await this.#executor.settled();
    for (const storage of [...this.#storages.values(), this.#live]) storage.dispose();
  }

  #write(rows: readonly KernelRow[]): void {
    const flat = (side: 'student' | 'teacher') =>
      Float32Array.from(rows.flatMap((row) => Array.from(row[side])));
    const write = (name: string, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void => {
      const storage = this.#storages.get(name);
      if (storage !== undefined) this.#executor.write(storage, data);
    };
    write('logits', flat('student'));
    write('teacher', flat('teacher'));
    write(
      'labels',
      Uint32Array.from(rows, ({ label }) => label),
    );
    write(
      'flags',
      Uint32Array.from(rows, ({ masked }) => (masked ? 0 : rowFlag.valid | rowFlag.labelled)),
    );
    this.#setLive(1, this.#loss.parameters);
  }

  #setLive(temperature: number, parameters: CheckedLoss['parameters']): void {
    const { id, formula } = this.#loss;
    const ownTerm = armTermOf(this.#loss) !== null;
    const block = new LiveBlock(1);
    block.set(0, 'temperature', temperature);
    block.set(0, 'inverseValid', 1);
    block.set(0, 'inverseLabelled', 1);
    block.set(0, 'labelWeight', ownTerm ? 0 : 1);
    block.set(0, 'smoothing', id === 'label_smoothing' && !ownTerm ? (parameters['smoothing'] ?? 0.1) : 0);
    block.setTerm(0, 0, 1, valuesOf({ ...parameters, values: parameters, id, formula }));
    this.#executor.write(this.#live, block.words);
  }

  #read(name: string): Promise<Float32Array> {
    const storage = this.#storages.get(name);
    if (storage === undefined) throw new RangeError(`no ${name}`);
    return this.#executor.read(storage);
  }
}

/** What stands in an arm's slot for it; null for the labels' own loss. */
function armTermOf(loss: CheckedLoss): ArmTerm | null {
  return rowTermOf(loss) ?? rankedIds.find((id) => id === loss.id) ?? null;
}
