/**
 * Live values on their way to the engine: while a slider is dragged only the newest of each acts, and not too often.
 * It does not know which run they are for; its owner flushes or drops them before it turns to another.
 */

import { liveRange } from '../spec/live.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { readPath } from './paths.ts';

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

/**
 * Whether a changed value acts on the run at once: the setting is live, and what it belongs to (a term, an arm) is in the
 * run what it is in the draft. A term that was only just added or exchanged waits for a new run with all its numbers.
 */
export function actsAtOnce(path: string, value: unknown, draft: RunSpec, running: RunSpec): value is number {
  if (typeof value !== 'number' || liveRange(path) === undefined) return false;
  const keys = path.split('.').slice(0, -1);
  return keys.every((_, at) => {
    const owner = keys.slice(0, at + 1).join('.');
    if (owner.endsWith('values')) return true;
    const [now, then] = [readPath(draft, owner), readPath(running, owner)];
    const isThere = typeof then === 'object' && then !== null;
    return isThere && ['id', 'kind', 'formula'].every((key) => readPath(now, key) === readPath(then, key));
  });
}
