/**
 * Plays a trainer: keeps at most two steps in flight, reads the metrics ring at most ten times a second, evaluates
 * every so many steps and keeps checkpoints every so many seconds. No result depends on its clock.
 */
import { ringRows } from '../kernels/metricsRow.ts';
import type { RunState } from '../protocol/events.ts';
import type { Executor } from '../tensor/executor.ts';
import type { MetricsRows, Trainer } from './trainer.ts';

export interface RunLoopHooks {
  metrics(rows: MetricsRows): void;
  /** Called at every evaluated step, after it was handed over; what it runs is queued behind it. */
  evaluate(step: number): Promise<void>;
  state(state: RunState, step: number, samplesPerSecond: number): void;
  checkpoint(): Promise<void>;
  failed(error: unknown): void;
}

const metricsInterval = 100;
const checkpointInterval = 4_000;
const stepsInFlight = 2;
/** Longest submit that is wanted on a GPU, in milliseconds; longer ones are cut between dispatches. */
const longestSubmit = 50;

export class RunLoop {
  readonly #trainer: Trainer;
  readonly #executor: Executor;
  readonly #hooks: RunLoopHooks;
  readonly #now: () => number;
  #state: RunState = 'paused';
  #running: Promise<void> = Promise.resolve();
  #reading: Promise<void> | null = null;
  #evaluation: Promise<void> = Promise.resolve();
  #lastRead = 0;
  #lastCheckpoint = 0;
  #rate = { since: 0, samples: 0, perSecond: 0 };

  constructor(
    trainer: Trainer,
    executor: Executor,
    hooks: RunLoopHooks,
    now: () => number = () => performance.now(),
  ) {
    this.#trainer = trainer;
    this.#executor = executor;
    this.#hooks = hooks;
    this.#now = now;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Runs until paused or finished; a second call while playing does nothing. */
  play(): void {
    if (this.#state === 'playing') return;
    this.#start(Number.POSITIVE_INFINITY);
  }

  /** Resolves when the step in hand is done and everything read. */
  async pause(): Promise<void> {
    if (this.#state === 'playing') this.#state = 'paused';
    await this.#running;
  }

  /** Runs `count` steps and pauses. */
  async step(count: number): Promise<void> {
    await this.pause();
    this.#start(count);
    await this.#running;
  }

  #start(count: number): void {
    if (this.#trainer.finished) {
      this.#report('finished');
      return;
    }
    this.#state = 'playing';
    this.#rate = { since: this.#now(), samples: this.#trainer.samples, perSecond: 0 };
    this.#lastCheckpoint = this.#now();
    this.#report('playing');
    this.#running = this.#run(count).catch((error: unknown) => {
      this.#state = 'paused';
      this.#hooks.failed(error);
    });
  }

  async #run(count: number): Promise<void> {
    const trainer = this.#trainer;
    const { evaluateEvery } = trainer.spec.training;
    const inFlight: Promise<void>[] = [];
    for (let done = 0; done < count && this.#state === 'playing' && !trainer.finished; done++) {
      const started = this.#now();
      await trainer.takeStep();
      inFlight.push(this.#executor.settled());
      if (inFlight.length >= stepsInFlight) await inFlight.shift();
      this.#pace(this.#now() - started);
      if (trainer.step % evaluateEvery === 0 || trainer.finished) {
        await this.#evaluation;
        this.#evaluation = this.#hooks.evaluate(trainer.step);
      }
      this.#readSometimes();
      if (this.#now() - this.#lastCheckpoint > checkpointInterval) await this.#keep();
    }
    await Promise.all(inFlight);
    await this.#evaluation;
    await this.#reading;
    await this.#read();
    this.#report(trainer.finished ? 'finished' : 'paused');
  }

  /** Cuts Programs into shorter submits where one takes long on a GPU that also draws the screen. */
  #pace(milliseconds: number): void {
    if (this.#executor.adapter.software || milliseconds < longestSubmit) return;
    const { dispatchesPerSubmit } = this.#executor;
    const now = Math.min(dispatchesPerSubmit, this.#trainer.dispatches);
    this.#executor.dispatchesPerSubmit = Math.max(1, Math.floor(now / 2));
  }

  #readSometimes(): void {
    const due = this.#now() - this.#lastRead >= metricsInterval;
    const full = this.#trainer.unread >= ringRows / 2;
    // A reading that has begun holds its copy: the ring may go on.
    if (!(due || full) || (this.#reading !== null && !full)) return;
    const reading: Promise<void> = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = null;
    });
    this.#reading = reading;
    reading.catch((error: unknown) => this.#hooks.failed(error));
  }

  async #read(): Promise<void> {
    this.#lastRead = this.#now();
    if (this.#trainer.unread === 0) return;
    const rows = await this.#trainer.readMetrics();
    this.#hooks.metrics(rows);
    this.#report(this.#state);
  }

  async #keep(): Promise<void> {
    this.#lastCheckpoint = this.#now();
    await this.#hooks.checkpoint();
  }

  #report(state: RunState): void {
    this.#state = state;
    const elapsed = this.#now() - this.#rate.since;
    if (elapsed > 500) {
      const samples = this.#trainer.samples;
      this.#rate = {
        since: this.#now(),
        samples,
        perSecond: ((samples - this.#rate.samples) * 1000) / elapsed,
      };
    }
    this.#hooks.state(state, this.#trainer.step, this.#rate.perSecond);
  }
}
