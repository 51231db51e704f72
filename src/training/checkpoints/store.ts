/**
 * Where checkpoints are kept: two slots and a pointer to the newer. A slot is written and flushed before the pointer
 * turns to it, so a tab that is killed at any moment leaves a whole one. The files themselves are behind `Files`.
 */
import {
  type Checkpoint,
  type CheckpointHead,
  decodeCheckpoint,
  encodeCheckpoint,
  readHead,
} from './format.ts';

/** The few operations on named files that a store needs. */
export interface Files {
  /** The file, or its first bytes where no more are wanted; null where there is none. */
  read(name: string, most?: number): Promise<Uint8Array | null>;
  /** Resolves when the bytes would survive a crash. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface CheckpointStore {
  save(checkpoint: Checkpoint): Promise<void>;
  /** The newest whole one, or null. */
  load(): Promise<Checkpoint | null>;
}

export class TwoSlotStore implements CheckpointStore {
  readonly #files: Files;
  readonly #slots: readonly [string, string];
  readonly #pointer: string;
  readonly #now: () => number;
  #newest: 0 | 1 | null = null;

  constructor(files: Files, name = 'checkpoint', now: () => number = () => Date.now()) {
    this.#files = files;
    this.#slots = [`${name}.0`, `${name}.1`];
    this.#pointer = `${name}.newest`;
    this.#now = now;
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    // Never over what a reader would find, whatever a crash or another tab has made of the pointer.
    const ours = this.#newest !== null && (await this.#readPointer()) === this.#newest;
    const newest = (ours ? this.#newest : (await this.#find())?.slot) ?? 1;
    const next = newest === 0 ? 1 : 0;
    await this.#files.write(this.#slots[next], encodeCheckpoint(checkpoint, this.#now()));
    await this.#files.write(this.#pointer, Uint8Array.of(next));
    this.#newest = next;
  }

  async load(): Promise<Checkpoint | null> {
    return (await this.#find())?.checkpoint ?? null;
  }

  /** What `load` would give, by its head alone, with the bytes of both slots; null where there is nothing. */
  async head(): Promise<CheckpointHead | null> {
    const heads = await Promise.all(
      this.#slots.map((name) => readHead((most) => this.#files.read(name, most))),
    );
    const newest = (await this.#readPointer()) ?? 0;
    const head = heads[newest] ?? heads[1 - newest];
    return head == null ? null : { ...head, bytes: heads.reduce((sum, one) => sum + (one?.bytes ?? 0), 0) };
  }

  async clear(): Promise<void> {
    this.#newest = null;
    for (const name of [this.#pointer, ...this.#slots]) await this.#files.remove(name);
  }

  /** The slot that the pointer names, or else the other: the first that is whole. */
  async #find(): Promise<{ readonly slot: 0 | 1; readonly checkpoint: Checkpoint } | null> {
    const newest = (await this.#readPointer()) ?? 0;
    for (const slot of [newest, newest === 0 ? 1 : 0] as const) {
      const bytes = await this.#files.read(this.#slots[slot]);
      const checkpoint = bytes === null ? null : decodeCheckpoint(bytes);
      if (checkpoint !== null) return { slot, checkpoint };
    }
    return null;
  }

  async #readPointer(): Promise<0 | 1 | null> {
    const [slot] = (await this.#files.read(this.#pointer)) ?? [];
    return slot === 0 || slot === 1 ? slot : null;
  }
}

/** Files that last as long as the page: where there is no other storage, and in tests. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();

  read(name: string, most?: number): Promise<Uint8Array | null> {
    return Promise.resolve(this.#files.get(name)?.subarray(0, most) ?? null);
  }

  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#files.set(name, bytes.slice());
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    this.#files.delete(name);
    return Promise.resolve();
  }
}
