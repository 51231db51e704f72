/**
 * Live values on their way to the engine: while a slider is dragged only the newest of each acts, and not too often.
 * It does not know which run they are for; its owner flushes or drops them before it turns to another.
 */

/** A live value acts at most this often, in milliseconds. */
const interval = 120;

export class LiveEdits {
  readonly #send: (path: string, value: number) => void;
  #waiting = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(send: (path: string, value: number) => void) {
    this.#send = send;
  }

  put(path: string, value: number): void {
    this.#waiting.set(path, value);
    this.#timer ??= setTimeout(() => this.flush(), interval);
  }

  /** Sends what waits at once: before a command that has to see it. */
  flush(): void {
    const waiting = [...this.#waiting];
    this.drop();
    for (const [path, value] of waiting) this.#send(path, value);
  }

  drop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.clear();
  }
}
