/**
 * Where downloaded pieces lie: named files of a few megabytes each, in the origin's private files (opfsStorage.ts) or
 * in memory. It knows nothing of hubs and models.
 */
import { StillroomError } from '../../spec/errors.ts';

export interface StoredPiece {
  readonly name: string;
  readonly bytes: number;
}

export interface Storage {
  list(): Promise<readonly StoredPiece[]>;
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** All of it or nothing. Errors: `storage-full`. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<void>;
}

export class MemoryStorage implements Storage {
  readonly #pieces = new Map<string, Uint8Array<ArrayBuffer>>();

  async list(): Promise<readonly StoredPiece[]> {
    return Array.from(this.#pieces, ([name, { length }]) => ({ name, bytes: length }));
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#pieces.get(name) ?? null;
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#pieces.set(name, bytes);
  }

  async remove(name: string): Promise<void> {
    this.#pieces.delete(name);
  }
}

/** Writes to the disk while there is room, and from then on to memory, which forgets when the tab is closed. */
export class DiskThenMemory implements Storage {
  readonly #disk: Storage;
  readonly #memory = new MemoryStorage();
  #full = false;

  constructor(disk: Storage) {
    this.#disk = disk;
  }

  /** The disk was full at some write. */
  get full(): boolean {
    return this.#full;
  }

  async list(): Promise<readonly StoredPiece[]> {
    const inMemory = await this.#memory.list();
    const taken = new Set(inMemory.map(({ name }) => name));
    return [...(await this.#disk.list()).filter(({ name }) => !taken.has(name)), ...inMemory];
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return (await this.#memory.read(name)) ?? this.#disk.read(name);
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#disk.write(name, bytes);
      await this.#memory.remove(name);
    } catch (cause) {
      if (!(cause instanceof StillroomError) || cause.code !== 'storage-full') throw cause;
      this.#full = true;
      await this.#memory.write(name, bytes);
    }
  }

  async remove(name: string): Promise<void> {
    await this.#memory.remove(name);
    await this.#disk.remove(name);
    this.#full = false;
  }
}

export function storageFull(bytes: number, cause?: unknown): StillroomError {
  return new StillroomError(
    {
      code: 'storage-full',
      problem: 'There is no room in this browser for what was downloaded',
      got: `${bytes} bytes were refused`,
      remedy: 'Delete models under “Stored models”',
      control: 'storage',
    },
    { cause },
  );
}
