/**
 * A run in motion: its arms, its batches, its step. Works on any executor and knows no page, no worker and no clock;
 * pacing, storage and messages are others' (runLoop.ts, checkpoints/, protocol/).
 */
import { BatchOrder } from '../data/order.ts';
import type { Dataset } from '../data/task.ts';
import { ringRows } from '../kernels/metricsRow.ts';
import { withLive } from '../spec/live.ts';
import type { LiveEvent, RunSpec } from '../spec/runSpec.ts';
import type { BoundProgram, Executor } from '../tensor/executor.ts';
import type { Inputs } from '../tensor/kernel.ts';
import { LiveBlock } from '../tensor/live.ts';
import type { Program } from '../tensor/program.ts';
import { subSeed } from '../tensor/random.ts';
import { Arm, type ArmNumbers } from './arm.ts';
import { learnsFromAverage, writeArm } from './armSettings.ts';
import { Batches, type TransferAnswers } from './batches.ts';
import { BoundArms } from './boundArms.ts';
import { brokenGradient, brokenInBatch } from './diagnosis.ts';
import { Evaluator } from './evaluator.ts';
import { inverseCounts, slotFaults } from './faults.ts';
import { MetricsRing, type MetricsRows } from './metricsRing.ts';
import { Writing } from './onPolicy.ts';
import { reportedRows } from './reported.ts';
import { StepRows } from './stepRows.ts';
import { compileTemplates, programsOf, type Template, templateAt } from './templates.ts';
import { type LiveTeacher, Turn, turnsOf } from './turns.ts';

export interface TrainerParts {
  readonly executor: Executor;
  readonly spec: RunSpec;
  readonly dataset: Dataset;
  readonly answers: TransferAnswers;
}

export type PrepareProgress = (stage: 'compile' | 'allocate', done: number, total: number) => void;

/** What a checkpoint keeps of a run. */
export interface TrainerState {
  readonly step: number;
  readonly events: readonly LiveEvent[];
  readonly arms: readonly ArmNumbers[];
}

export class Trainer {
  readonly spec: RunSpec;
  readonly arms: readonly Arm[];
  readonly batches: Batches;
  /** Kernel calls of one step. */
  readonly dispatches: number;
  liveTeacher: LiveTeacher | null = null;
  readonly #executor: Executor;
  readonly #templates: readonly Template[];
  readonly #bound: BoundArms;
  readonly #ring: MetricsRing;
  readonly #live: LiveBlock;
  readonly #indices: Uint32Array<ArrayBuffer>;
  readonly #turns: Turn[] = [];
  /** By turn and micro-batch: everything of a step after the answers. */
  readonly #work: readonly (readonly (readonly BoundProgram[])[])[];
  #order: BatchOrder;
  readonly #rows: StepRows;
  #events: LiveEvent[];
  #now: RunSpec;
  #applied = 0;
  #step = 0;
  #read = 0;
  /** The first step whose row is of this ring. */
  #first = 0;

  /** Compiles, then allocates, then draws the first weights. Errors: those of the executor and of the student. */
  static async create(parts: TrainerParts, progress?: PrepareProgress): Promise<Trainer> {
    const { executor, spec, dataset, answers } = parts;
    const widths = answers.hidden.map((one) => one.size);
    const templates = compileTemplates(spec, dataset, widths, executor.adapter);
    const batches = new Batches(executor, dataset, spec.training.batch, answers, slotFaults(spec.arms));
    let made: Trainer | Batches = batches;
    try {
      const combine = spec.teacher.source === 'several' ? spec.teacher.combine : 'probabilities';
      const gathers = {
        ...{ whole: batches.gatherProgram(true), input: batches.gatherProgram(false) },
        mean: batches.meanProgram(combine, executor.adapter.maxBinding),
      };
      const own = [gathers.whole, gathers.input, ...(gathers.mean === null ? [] : [gathers.mean])];
      await executor.prepare([...programsOf(templates), ...own], (done, total) =>
        progress?.('compile', done, total),
      );
      progress?.('allocate', 0, 1);
      const trainer = new Trainer(parts, templates, batches, gathers);
      made = trainer;
      await executor.allocated();
      progress?.('allocate', 1, 1);
      trainer.rewind();
      return trainer;
    } catch (error) {
      made.dispose();
      // Whatever else was refused is of this run, too.
      await executor.allocated().catch(() => undefined);
      throw error;
    }
  }

  /** Disposes of the batches too where memory is refused. */
  private constructor(
    parts: TrainerParts,
    templates: readonly Template[],
    batches: Batches,
    gathers: { readonly whole: Program; readonly input: Program; readonly mean: Program | null },
  ) {
    const { executor, spec, dataset } = parts;
    const { batch, accumulate } = spec.training;
    this.spec = spec;
    this.batches = batches;
    this.#executor = executor;
    this.#templates = templates;
    this.#ring = new MetricsRing(executor, spec.arms.length);
    this.#live = new LiveBlock(spec.arms.length * accumulate);
    this.#indices = new Uint32Array(batch);
    this.#order = new BatchOrder(subSeed(spec.seed, 'order'), batch, dataset.transfer.n);
    this.#rows = new StepRows(dataset.transfer, this.#order, spec.training);
    this.#events = [...spec.events];
    this.#now = spec;
    const arms: Arm[] = [];
    this.arms = arms;
    try {
      this.#bound = new BoundArms({ executor, spec, templates, batches, ring: this.#ring, arms });
      for (const [i, arm] of spec.arms.entries())
        arms.push(new Arm(executor, arm, templateAt(templates, i).model, learnsFromAverage(spec, arm)));
      const bind = (program: Program) => executor.bind(program, batches.gatherPlacements);
      const [gather, gatherInput] = [bind(gathers.whole), bind(gathers.input)];
      // Their weights are the same in every window.
      const mean =
        gathers.mean === null
          ? []
          : [executor.bind(gathers.mean, batches.placements, this.#bound.window(0, 0))];
      const { logits, members = [null] } = parts.answers;
      const answered = logits !== null || members.every((one) => one !== null);
      for (const own of turnsOf(spec)) {
        const writing = this.#writing(own[0] ?? 0, dataset);
        this.#turns.push(
          new Turn({ executor, batches, spec, answered, gather, gatherInput, mean }, own, writing),
        );
      }
      this.#work = this.#turns.map((turn) =>
        Array.from({ length: accumulate }, (_, micro) =>
          turn.arms.flatMap((arm) => this.#bound.work(micro, arm)),
        ),
      );
    } catch (error) {
      this.dispose();
      throw error;
    }
    const work = this.#work.flat(2).reduce((sum, { program }) => sum + program.calls.length, 0);
    this.dispatches = this.#turns.reduce((sum, turn) => sum + accumulate * turn.dispatches, work);
  }

  /** Of the arm that takes a turn alone; null where it writes nothing. */
  #writing(arm: number, dataset: Dataset): Writing | null {
    const template = templateAt(this.#templates, arm).writing;
    if (template === null) return null;
    const { seed } = this.spec;
    const writing = new Writing({ executor: this.#executor, template, batches: this.batches, dataset, seed });
    writing.bind(this.#bound.placements(arm), this.#bound.window(0, arm));
    return writing;
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  get finished(): boolean {
    return this.#step >= this.spec.training.steps;
  }

  /** The specification with the live events up to now. */
  get now(): RunSpec {
    return this.#now;
  }

  get events(): readonly LiveEvent[] {
    return this.#events;
  }

  /** Rows seen by each arm so far. */
  get samples(): number {
    const { batch, accumulate } = this.spec.training;
    return this.#step * batch * accumulate;
  }

  /** One step of every arm over one batch. Resolves when it was handed over, not when it is done. */
  async takeStep(): Promise<void> {
    const { accumulate } = this.spec.training;
    this.#applyEvents();
    this.#writeLive(this.#step);
    for (let micro = 0; micro < accumulate; micro++) {
      this.#choose(this.#step, micro);
      for (const [i, turn] of this.#turns.entries())
        await this.#take(turn, this.#step, this.#work[i]?.[micro] ?? []);
    }
    this.#step += 1;
  }

  #take(turn: Turn, step: number, then: readonly BoundProgram[]): Promise<void> {
    return turn.take(step, this.#now, this.#indices, this.liveTeacher, then);
  }

  /**
   * Runs the backward pass of one arm at `step` over again, with the weights that it has now, and names the first
   * tensor that is not finite, or null. It updates nothing, but leaves this pass in the batch and in the gradients.
   */
  async firstBroken(index: number, step: number): Promise<string | null> {
    const arm = this.arms[index];
    const turn = this.#turns.find(({ arms }) => arms.includes(index));
    if (arm === undefined || turn === undefined) throw new RangeError(`there is no arm ${index}`);
    this.#writeLive(step);
    for (let micro = 0; micro < this.spec.training.accumulate; micro++) {
      this.#choose(step, micro);
      await this.#take(turn, step, this.#bound.gradient(micro, index));
      const broken = await brokenInBatch(this.#executor, this.batches, arm, this.#bound.stats);
      if (broken !== null) return broken;
    }
    return brokenGradient(this.#executor, arm, (segment) => this.#bound.gradients(index, segment));
  }

  /** Steps whose rows were not read yet; the ring holds `ringRows` of them. */
  get unread(): number {
    return this.#step - this.#read;
  }

  /** The rows since the last call. */
  readMetrics(): Promise<MetricsRows> {
    const from = this.#read;
    this.#read = this.#step;
    return this.#rowsFrom(from);
  }

  /** All rows that the ring holds, read or not. */
  recentMetrics(): Promise<MetricsRows> {
    return this.#rowsFrom(this.#first);
  }

  async #rowsFrom(first: number): Promise<MetricsRows> {
    return reportedRows(await this.#ring.read(first, this.#step), { ...this.spec, events: this.#events });
  }

  /** Changes a live setting from the next step on and records it as an event. Errors: `not-live`, `out-of-range`. */
  set(path: string, value: number): LiveEvent {
    const event = { step: this.#step, path, value };
    this.#now = withLive(this.#now, path, value);
    // What a replay would still have applied later is superseded by the user's hand.
    this.#events = [...this.#events.slice(0, this.#applied), event];
    this.#applied = this.#events.length;
    return event;
  }

  /** Step 0 again: the same seed, the same weights, the specification's own events. */
  rewind(): void {
    this.#step = 0;
    this.#read = 0;
    this.#first = 0;
    this.#applied = 0;
    this.#events = [...this.spec.events];
    this.#now = this.spec;
    for (const arm of this.arms) arm.initialise(this.spec.seed);
  }

  evaluator(inputs: Inputs): Evaluator {
    const [many, few] = templateAt(this.#templates, 0).evaluate;
    const template = inputs.length / few.size <= few.rows ? few : many;
    return new Evaluator(this.#executor, template, inputs);
  }

  /** Passes of one arm over an evaluator's rows. */
  bindEvaluator(evaluator: Evaluator, arm: number): readonly BoundProgram[] {
    return evaluator.bind(this.#bound.placements(arm));
  }

  /** The same passes by the arm's averaged copy; null where it keeps none. */
  bindAverage(evaluator: Evaluator, arm: number): readonly BoundProgram[] | null {
    const placements = this.#bound.averagePlacements(arm);
    return placements === null ? null : evaluator.bind(placements);
  }

  async save(): Promise<TrainerState> {
    const [step, events] = [this.#step, this.#events];
    return { step, events, arms: await Promise.all(this.arms.map((arm) => arm.save())) };
  }

  /** Bytes of what `save` reads. */
  get stateBytes(): number {
    return this.arms.reduce((sum, arm) => sum + arm.bytes, 0);
  }

  /** Goes on from a kept state of the same specification; `events` where they are more than were known then. */
  restore(state: TrainerState, events: readonly LiveEvent[] = state.events): void {
    this.#step = state.step;
    this.#read = state.step;
    this.#first = state.step;
    this.#events = [...events];
    this.#now = this.spec;
    this.#applied = 0;
    this.arms.forEach((arm, i) => {
      const numbers = state.arms[i];
      if (numbers !== undefined) arm.restore(numbers);
    });
    this.#applyEvents();
  }

  dispose(): void {
    for (const one of [...this.#turns, ...this.arms, this.#bound, this.#ring, this.batches]) one?.dispose();
  }

  #applyEvents(): void {
    for (
      let event = this.#events[this.#applied];
      event && event.step <= this.#step;
      event = this.#events[this.#applied]
    ) {
      this.#now = withLive(this.#now, event.path, event.value);
      this.#applied += 1;
    }
  }

  #choose(step: number, micro: number): void {
    this.#order.fill(step * this.spec.training.accumulate + micro, this.#indices);
    this.batches.choose(this.#indices);
  }

  #writeLive(step: number): void {
    const arms = this.arms.length;
    const counted = this.#rows.of(step);
    for (let micro = 0; micro < this.spec.training.accumulate; micro++) {
      for (let arm = 0; arm < arms; arm++) {
        const window = micro * arms + arm;
        const spec = this.#now.arms[arm];
        if (spec === undefined) continue;
        writeArm(this.#live, window, this.#now, spec, step, counted.valid);
        this.#live.set(window, 'ringRow', step % ringRows);
        this.#live.set(window, 'micro', micro);
        const { inverseValid, inverseLabelled } = inverseCounts(spec.fault, counted);
        this.#live.set(window, 'inverseValid', inverseValid);
        this.#live.set(window, 'inverseLabelled', inverseLabelled);
      }
    }
    this.#executor.write(this.#bound.live, this.#live.words);
  }
}
