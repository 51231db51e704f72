/**
 * Plays a trainer, as fast as its pacer lets it: reads the metrics ring at most ten times a second, evaluates every so
 * many steps and has the state kept. A halted update makes it go back. No result depends on its clock.
 */
import { ringRows } from '../kernels/metricsRow.ts';
import type { RunState } from '../protocol/events.ts';
import { detailOf } from '../spec/errors.ts';
import { isText } from '../spec/runSpec.ts';
import type { Executor } from '../tensor/executor.ts';
import { type Halt, haltIn } from './health.ts';
import type { MetricsRows } from './metricsRing.ts';
import { Pacer } from './pacer.ts';
import { Speedometer } from './speedometer.ts';
import type { Trainer } from './trainer.ts';

export interface RunLoopHooks {
  metrics(rows: MetricsRows): void;
  /** Called at every evaluated step, after it was handed over; what it runs is queued behind it. */
  evaluate(step: number): Promise<void>;
  state(state: RunState, step: number, samplesPerSecond: number): void;
  /** Takes the state into memory as it stands; what it reads is queued behind the steps so far. */
  snapshot(): Promise<void>;
  /** Writes the last snapshot where it outlives the page. */
  checkpoint(): Promise<void>;
  /** Puts the trainer back to where it was well. Errors: `training-diverged`. */
  rollBack(halt: Halt): Promise<void>;
  failed(error: unknown): void;
}

const metricsInterval = 100;
const checkpointInterval = 4_000;
/** A snapshot is begun every so many steps and there before so many more: a lost device costs at most 25. */
export const snapshotEvery = 20;
const snapshotWithin = 5;
/** Bytes of a state that are read that often; larger ones are as old as a checkpoint. */
const smallState = 2 ** 26;
/** How long a step in hand may take to end where its device is lost, in milliseconds. */
const longestFarewell = 1_000;

export class RunLoop {
  readonly #trainer: Trainer;
  readonly #executor: Executor;
  readonly #hooks: RunLoopHooks;
  readonly #groups: number | undefined;
  readonly #now: () => number;
  #state: RunState = 'paused';
  /** Where a run in motion is to stop; kept where a lost device has cut it short. */
  #until: number | null = null;
  #lost = false;
  #halt: Halt | null = null;
  #running: Promise<void> = Promise.resolve();
  #reading: Promise<void> | null = null;
  #evaluation: Promise<void> = Promise.resolve();
  #snapshot: Promise<void> = Promise.resolve();
  #lastRead = 0;
  #lastSnapshot = 0;
  #lastCheckpoint = 0;
  readonly #speed: Speedometer;

  /** `groups` of steps under way at once, the pacer's usual number unless told. */
  constructor(
    trainer: Trainer,
    executor: Executor,
    hooks: RunLoopHooks,
    groups?: number,
    now: () => number = () => performance.now(),
  ) {
    this.#trainer = trainer;
    this.#executor = executor;
    this.#hooks = hooks;
    this.#groups = groups;
    this.#now = now;
    this.#speed = new Speedometer(now);
  }

  get state(): RunState {
    return this.#state;
  }

  /** Runs up to `until` or to the end, unless paused; a second call while playing does nothing. */
  play(until = Number.POSITIVE_INFINITY): void {
    if (this.#state === 'playing') return;
    this.#start(until);
  }

  /** Resolves when the step in hand is done and everything read. */
  async pause(): Promise<void> {
    this.#until = null;
    if (this.#state === 'playing') this.#state = 'paused';
    await this.#running;
  }

  /** Runs `count` steps and pauses; none where they are no longer wanted once the step in hand is done. */
  async step(count: number, wanted: () => boolean = () => true): Promise<void> {
    await this.pause();
    if (!wanted()) return;
    this.#start(this.#trainer.step + count);
    await this.#running;
  }

  /** The device is lost: stops without a word. Resolves, once all has ended, with where the run was to stop. */
  async abandon(): Promise<number | null> {
    this.#lost = true;
    // A teacher that ran on that device may never answer.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, longestFarewell);
    });
    await Promise.race([this.#running, patience]);
    clearTimeout(timer);
    return this.#until;
  }

  #start(until: number): void {
    if (this.#trainer.finished) {
      this.#report('finished');
      return;
    }
    this.#state = 'playing';
    this.#until = until;
    this.#speed.begin(this.#trainer.samples);
    this.#lastCheckpoint = this.#now();
    this.#report('playing');
    this.#running = this.#run(until).catch((error: unknown) => this.#fail(error));
  }

  async #run(until: number): Promise<void> {
    for (;;) {
      await this.#steps(until);
      await this.#drain();
      if (this.#lost) return;
      if (this.#halt === null) break;
      const halt = this.#halt;
      this.#halt = null;
      await this.#hooks.rollBack(halt);
    }
    await this.#hooks.snapshot();
    await this.#keep();
    this.#until = null;
    this.#report(this.#trainer.finished ? 'finished' : 'paused');
  }

  async #steps(until: number): Promise<void> {
    const trainer = this.#trainer;
    const { evaluateEvery } = trainer.spec.training;
    const pacer = new Pacer(trainer, this.#executor, this.#groups, this.#now);
    while (this.#goesOn && trainer.step < until) {
      await pacer.step();
      if (this.#lost) break;
      if (trainer.step % evaluateEvery === 0 || trainer.finished) {
        this.#executor.holds = false;
        await this.#evaluation;
        this.#evaluation = begun(this.#hooks.evaluate(trainer.step));
        // Texts are judged in runs, over which the students must stay as they are.
        if (isText(trainer.spec.data)) await this.#evaluation;
      }
      this.#readSometimes();
      await this.#snapSometimes();
      if (this.#now() - this.#lastCheckpoint > checkpointInterval) await this.#keep();
    }
    await pacer.landed();
  }

  get #goesOn(): boolean {
    return this.#state === 'playing' && !this.#trainer.finished && this.#halt === null && !this.#lost;
  }

  /** All that was begun ends before anything else begins. */
  async #drain(): Promise<void> {
    if (this.#lost) {
      await Promise.allSettled([this.#evaluation, this.#snapshot, this.#reading]);
      return;
    }
    await this.#evaluation;
    await this.#snapshot;
    await this.#reading;
    await this.#read();
  }

  async #fail(error: unknown): Promise<void> {
    await Promise.allSettled([this.#evaluation, this.#snapshot, this.#reading]);
    [this.#evaluation, this.#snapshot, this.#reading] = [Promise.resolve(), Promise.resolve(), null];
    this.#halt = null;
    // The news of a loss may come after its first consequence, and is followed by a recovery.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.#lost) return;
    if (detailOf(error).code !== 'device-lost') {
      this.#until = null;
      this.#report('paused');
    }
    this.#state = 'paused';
    this.#hooks.failed(error);
  }

  async #snapSometimes(): Promise<void> {
    const { step, stateBytes } = this.#trainer;
    if (step % snapshotEvery === snapshotWithin) {
      // The device has these steps to do meanwhile.
      this.#executor.holds = false;
      await this.#snapshot;
    }
    if (step % snapshotEvery !== 0) return;
    if (stateBytes > smallState && this.#now() - this.#lastSnapshot < checkpointInterval) return;
    await this.#snapshot;
    this.#lastSnapshot = this.#now();
    this.#snapshot = begun(this.#hooks.snapshot());
  }

  #readSometimes(): void {
    const due = this.#now() - this.#lastRead >= metricsInterval;
    const full = this.#trainer.unread >= ringRows / 2;
    // A reading that has begun holds its copy: the ring may go on.
    if (!(due || full) || (this.#reading !== null && !full)) return;
    // One that fails stays, and whoever awaits it hears of it.
    const reading: Promise<void> = this.#read().then(() => {
      if (this.#reading === reading) this.#reading = null;
    });
    this.#reading = begun(reading);
  }

  async #read(): Promise<void> {
    this.#lastRead = this.#now();
    if (this.#trainer.unread === 0) return;
    const rows = await this.#trainer.readMetrics();
    this.#hooks.metrics(rows);
    this.#halt ??= haltIn(rows);
    this.#report(this.#state);
  }

  async #keep(): Promise<void> {
    this.#lastCheckpoint = this.#now();
    await this.#hooks.checkpoint();
  }

  #report(state: RunState): void {
    this.#state = state;
    this.#hooks.state(state, this.#trainer.step, this.#speed.look(this.#trainer.samples));
  }
}

/** Awaited later: until then its failure is not unhandled. */
function begun(work: Promise<void>): Promise<void> {
  work.catch(() => undefined);
  return work;
}
