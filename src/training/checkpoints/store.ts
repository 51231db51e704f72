/**
 * Where checkpoints are kept: two slots and a pointer to the newer. A slot is written and flushed before the pointer
 * turns to it, so a tab that is killed at any moment leaves a whole one. The files themselves are behind `Files`.
 */
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './format.ts';

/** The few operations on named files that a store needs. */
export interface Files {
  /** Null where there is none. */
  read(name: string): Promise<Uint8Array | null>;
  /** Resolves when the bytes would survive a crash. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface CheckpointStore {
  save(checkpoint: Checkpoint): Promise<void>;
  /** The newest whole one, or null. */
  load(): Promise<Checkpoint | null>;
  clear(): Promise<void>;
}

const slots = ['checkpoint.0', 'checkpoint.1'] as const;
const pointer = 'checkpoint.newest';

export class TwoSlotStore implements CheckpointStore {
  readonly #files: Files;
  #newest: 0 | 1 | null = null;

  constructor(files: Files) {
    this.#files = files;
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    // Never over what a reader would find, whatever a crash has made of the pointer.
    const newest = this.#newest ?? (await this.#find())?.slot ?? 1;
    const next = newest === 0 ? 1 : 0;
    await this.#files.write(slots[next], encodeCheckpoint(checkpoint));
    await this.#files.write(pointer, Uint8Array.of(next));
    this.#newest = next;
  }

  async load(): Promise<Checkpoint | null> {
    return (await this.#find())?.checkpoint ?? null;
  }

  async clear(): Promise<void> {
    this.#newest = null;
    for (const name of [pointer, ...slots]) await this.#files.remove(name);
  }

  /** The slot that the pointer names, or else the other: the first that is whole. */
  async #find(): Promise<{ readonly slot: 0 | 1; readonly checkpoint: Checkpoint } | null> {
    const newest = (await this.#readPointer()) ?? 0;
    for (const slot of [newest, newest === 0 ? 1 : 0] as const) {
      const bytes = await this.#files.read(slots[slot]);
      const checkpoint = bytes === null ? null : decodeCheckpoint(bytes);
      if (checkpoint !== null) return { slot, checkpoint };
    }
    return null;
  }

  async #readPointer(): Promise<0 | 1 | null> {
    const [slot] = (await this.#files.read(pointer)) ?? [];
    return slot === 0 || slot === 1 ? slot : null;
  }
}

/** Files that last as long as the page: where there is no other storage, and in tests. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();

  read(name: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.#files.get(name) ?? null);
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
