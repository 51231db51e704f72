/**
 * How many samples a run takes a second, over the last ten seconds: an evaluation now and then is part of it, and what is
 * told of the time that is left does not jump with each.
 */

/** Milliseconds that are looked back, and between two looks. */
const [window, between] = [10_000, 500];

export class Speedometer {
  readonly #now: () => number;
  /** From the window's beginning on. */
  #marks: { readonly at: number; readonly samples: number }[] = [];
  #perSecond = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A run in motion has taken so many samples; nothing is known of its speed yet. */
  begin(samples: number): void {
    this.#marks = [{ at: this.#now(), samples }];
    this.#perSecond = 0;
  }

  /** Samples a second, now that there are so many. */
  look(samples: number): number {
    const now = this.#now();
    const newest = this.#marks.at(-1);
    if (newest === undefined || now - newest.at <= between) return this.#perSecond;
    // Back to before: what came after is of the way that was left.
    if (samples < newest.samples) this.#marks = [];
    this.#marks.push({ at: now, samples });
    while (this.#marks.length > 2 && now - (this.#marks[1]?.at ?? now) >= window) this.#marks.shift();
    const [oldest] = this.#marks;
    if (oldest === undefined || oldest.at === now) return this.#perSecond;
    this.#perSecond = ((samples - oldest.samples) * 1000) / (now - oldest.at);
    return this.#perSecond;
  }
}
