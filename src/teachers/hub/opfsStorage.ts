/** The origin's private file system as a storage of pieces, in a worker, where writes can be flushed. */
import { type Storage, type StoredPiece, storageFull } from './storage.ts';

/** What workers alone have, and so the DOM's types have not. */
interface SyncAccess {
  truncate(size: number): void;
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  flush(): void;
  close(): void;
}
interface SyncFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncAccess>;
}

/** Null where a browser has none: private windows and old ones. */
export async function openOpfsStorage(folder: string): Promise<Storage | null> {
  try {
    const root = await navigator.storage.getDirectory();
    return new OpfsStorage(await root.getDirectoryHandle(folder, { create: true }));
  } catch {
    return null;
  }
}

class OpfsStorage implements Storage {
  readonly #folder: FileSystemDirectoryHandle;

  constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  async list(): Promise<readonly StoredPiece[]> {
    const pieces: StoredPiece[] = [];
    for await (const [name, handle] of this.#folder.entries()) {
      if (handle.kind !== 'file') continue;
      pieces.push({ name, bytes: (await (handle as FileSystemFileHandle).getFile()).size });
    }
    return pieces;
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      const handle = await this.#folder.getFileHandle(name);
      return new Uint8Array(await (await handle.getFile()).arrayBuffer());
    } catch {
      return null;
    }
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#write(name, bytes);
    } catch (cause) {
      // A piece that is not whole must not be taken for one.
      await this.remove(name);
      if (cause instanceof DOMException && cause.name === 'QuotaExceededError')
        throw storageFull(bytes.length, cause);
      throw cause;
    }
  }

  async remove(name: string): Promise<void> {
    await this.#folder.removeEntry(name).catch(() => undefined);
  }

  async #write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const handle = await this.#folder.getFileHandle(name, { create: true });
    const access = await (handle as SyncFileHandle).createSyncAccessHandle();
    try {
      access.truncate(0);
      const written = access.write(bytes, { at: 0 });
      if (written < bytes.length) throw storageFull(bytes.length - written);
      access.flush();
    } finally {
      access.close();
    }
  }
}
