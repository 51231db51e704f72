/**
 * Keeps one run's state as it goes: in memory, for a lost device and for a run that diverges, and in storage, for a
 * closed tab. It decides neither when nor where.
 */
import { isDeepEqual } from '../spec/equal.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { RunStores } from './checkpoints/runStores.ts';
import type { CheckpointStore } from './checkpoints/store.ts';
import { isSound } from './health.ts';
import type { MetricsRows } from './metricsRing.ts';
import type { Trainer, TrainerState } from './trainer.ts';

export class Keeper {
  readonly #store: CheckpointStore;
  readonly #spec: RunSpec;
  readonly #fingerprint: string;
  #latest: TrainerState | null = null;
  #rows: MetricsRows | null = null;
  #sound: TrainerState | null = null;
  #written: TrainerState | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(runs: Pick<RunStores, 'of'>, spec: RunSpec, fingerprint: string) {
    this.#store = runs.of(spec, fingerprint);
    this.#spec = spec;
    this.#fingerprint = fingerprint;
  }

  /** Takes the state as it stands after the steps handed over so far; those that follow need not wait. */
  async snapshot(trainer: Trainer): Promise<void> {
    const [state, rows] = await Promise.all([trainer.save(), trainer.recentMetrics()]);
    this.#latest = state;
    this.#rows = rows;
    if (isSound(state)) this.#sound = state;
  }

  /** Writes the last sound state, one write after the other. Returns its step, or null where there is nothing new. */
  async write(): Promise<number | null> {
    const state = this.#sound;
    if (state === null || state === this.#written) return null;
    this.#written = state;
    const before = this.#writing;
    const checkpoint = { spec: this.#spec, fingerprint: this.#fingerprint, state };
    const writing = before.then(() => this.#store.save(checkpoint));
    this.#writing = writing.catch(() => {
      // Tried again at the next occasion, also where nothing has changed by then.
      if (this.#written === state) this.#written = null;
    });
    await writing;
    return state.step;
  }

  /** The newest state in memory, or null before the first. */
  get latest(): TrainerState | null {
    return this.#latest;
  }

  /** The metrics that led to it: a lost device takes along what was not read. */
  get rows(): MetricsRows | null {
    return this.#rows;
  }

  /** The newest of those from which training can go on: all finite, no arm halted. */
  get sound(): TrainerState | null {
    return this.#sound;
  }

  /** What came after the last sound state is of the way that was left. */
  backToSound(): void {
    this.#latest = this.#sound;
    this.#rows = null;
  }

  /** What storage holds of a run with this very specification and data, or null. */
  async load(): Promise<TrainerState | null> {
    const kept = await this.#store.load();
    if (kept === null || kept.fingerprint !== this.#fingerprint || !isDeepEqual(kept.spec, this.#spec))
      return null;
    this.#latest = kept.state;
    if (isSound(kept.state)) this.#sound = kept.state;
    return kept.state;
  }
}
