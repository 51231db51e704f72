/** What is tried after a device was lost, from how often that happened of late. Pure but for what it remembers. */
import { StillroomError } from '../spec/errors.ts';

/** Losses within this time, in milliseconds, count together. */
const memory = 180_000;

/** `slower`: the same kind of executor, with less in each submit and one step in flight. */
export type Remedy = 'again' | 'slower' | 'reference' | 'stop';

const remedies: readonly Remedy[] = ['again', 'again', 'slower', 'reference'];

export class DeviceLosses {
  readonly #now: () => number;
  #times: readonly number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  add(): void {
    this.#times = [...this.#recent(), this.#now()];
  }

  get remedy(): Remedy {
    return remedies[this.#recent().length] ?? 'stop';
  }

  #recent(): readonly number[] {
    const now = this.#now();
    return this.#times.filter((at) => now - at < memory);
  }
}

export function lostTooOften(step: number | null, reason: string): StillroomError {
  return new StillroomError({
    code: 'device-lost-often',
    problem: 'The graphics device was lost again and again',
    got: reason,
    remedy:
      step === null
        ? 'Wait three minutes and try again, or reload the page'
        : `Wait three minutes and play again, or reload the page; the run is kept as it was at step ${step}`,
  });
}
