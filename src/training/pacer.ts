/**
 * Paces the steps of a run: how many are handed over before an end is waited for, and in how long submits. To hear of an end
 * takes longer than a very short step, so such steps share a fence. No result depends on it, nor on its clock.
 */
import type { Executor } from '../tensor/executor.ts';
import type { Trainer } from './trainer.ts';

/** Groups of steps under way at once: one is computed while the next is recorded. */
const usualGroups = 2;
/** What is handed over acts no more than two groups late, so a group is as long as half a frame. */
const longestGroup = 8;
/** Most steps behind one fence. */
export const mostSteps = 16;
/** Longest submit that is wanted on a GPU, in milliseconds; longer ones are cut between dispatches. */
const longestSubmit = 50;

interface Group {
  readonly steps: number;
  readonly end: Promise<void>;
}

export class Pacer {
  readonly #trainer: Pick<Trainer, 'takeStep' | 'dispatches' | 'liveTeacher'>;
  readonly #executor: Pick<Executor, 'settled' | 'adapter' | 'dispatchesPerSubmit' | 'holds'>;
  readonly #most: number;
  readonly #now: () => number;
  readonly #groups: Group[] = [];
  /** Steps of the next group. */
  #size = 1;
  /** Steps of this group so far. */
  #taken = 0;
  /** Milliseconds in here since a group last ended. */
  #spent = 0;

  /** With one group, every step is waited for. */
  constructor(
    trainer: Pick<Trainer, 'takeStep' | 'dispatches' | 'liveTeacher'>,
    executor: Pick<Executor, 'settled' | 'adapter' | 'dispatchesPerSubmit' | 'holds'>,
    groups = usualGroups,
    now: () => number = () => performance.now(),
  ) {
    this.#trainer = trainer;
    this.#executor = executor;
    this.#most = groups;
    this.#now = now;
  }

  /** Takes a step, and waits where enough are under way. Errors: those of the step and of the executor. */
  async step(): Promise<void> {
    try {
      await this.#step();
    } catch (error) {
      this.#executor.holds = false;
      throw error;
    }
  }

  /** Resolves when every step so far is done. */
  async landed(): Promise<void> {
    if (this.#taken > 0) this.#close();
    await Promise.all(this.#groups.splice(0).map(({ end }) => end));
    this.#spent = 0;
    this.#executor.holds = false;
  }

  async #step(): Promise<void> {
    const started = this.#now();
    // A live teacher may use the device, too.
    this.#executor.holds = this.#size > 1 && this.#trainer.liveTeacher === null;
    await this.#trainer.takeStep();
    this.#taken += 1;
    if (this.#taken >= this.#size) this.#close();
    const first = this.#groups.length < this.#most ? undefined : this.#groups.shift();
    await first?.end;
    this.#spent += this.#now() - started;
    if (first === undefined) return;
    // Groups end one after the other: what has passed since the last end is what this one took.
    this.#adjust(this.#spent / first.steps);
    this.#spent = 0;
  }

  #close(): void {
    const end = this.#executor.settled();
    // Awaited later: until then its failure is not unhandled.
    end.catch(() => undefined);
    this.#groups.push({ steps: this.#taken, end });
    this.#taken = 0;
  }

  #adjust(milliseconds: number): void {
    this.#cut(milliseconds);
    if (this.#most === 1) return;
    const wanted = Math.min(mostSteps, 2 * this.#size, Math.floor(longestGroup / milliseconds));
    this.#size = Math.max(1, wanted);
  }

  /** Programs into shorter submits, where one takes long on a GPU that also draws the screen. */
  #cut(milliseconds: number): void {
    const { adapter, dispatchesPerSubmit } = this.#executor;
    const { dispatches } = this.#trainer;
    const submits = Math.max(1, dispatches / dispatchesPerSubmit);
    if (adapter.software || milliseconds / submits < longestSubmit) return;
    this.#executor.dispatchesPerSubmit = Math.max(1, Math.floor(dispatches / submits / 2));
  }
}
