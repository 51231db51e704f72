/**
 * Keeps one run's state as it goes: the newest in memory, for a lost device, and in storage, for a closed tab. It
 * decides neither when nor where.
 */
import { isDeepEqual } from '../spec/equal.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { CheckpointStore } from './checkpoints/store.ts';
import type { Trainer, TrainerState } from './trainer.ts';

export class Keeper {
  readonly #store: CheckpointStore;
  readonly #spec: RunSpec;
  readonly #fingerprint: string;
  #latest: TrainerState | null = null;

  constructor(store: CheckpointStore, spec: RunSpec, fingerprint: string) {
    this.#store = store;
    this.#spec = spec;
    this.#fingerprint = fingerprint;
  }

  /** Returns the step that was kept. */
  async keep(trainer: Trainer): Promise<number> {
    const state = await trainer.save();
    this.#latest = state;
    await this.#store.save({ spec: this.#spec, fingerprint: this.#fingerprint, state });
    return state.step;
  }

  /** The last state of this page's run, or null before the first was kept. */
  get latest(): TrainerState | null {
    return this.#latest;
  }

  /** What storage holds of a run with this very specification and data, or null. */
  async load(): Promise<TrainerState | null> {
    const kept = await this.#store.load();
    if (kept === null || kept.fingerprint !== this.#fingerprint || !isDeepEqual(kept.spec, this.#spec))
      return null;
    this.#latest = kept.state;
    return kept.state;
  }
}
