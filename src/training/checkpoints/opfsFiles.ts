/** The origin's private file system, in a worker, where writes can be flushed. Null where a browser has none. */
import { StillroomError } from '../../spec/errors.ts';
import type { Files } from './store.ts';

const folderName = 'stillroom';

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

/** Of this origin, for all of its tabs; null where the browser keeps no files. */
export async function openOpfs(): Promise<Files | null> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(folderName, { create: true });
    return new OpfsFiles(folder);
  } catch {
    // Private windows and old browsers: the run is then kept in memory alone.
    return null;
  }
}

/** How long another tab is waited for: one that the browser has put to sleep in the middle must not stop this one. */
const patience = 2_000;

/** One tab at a time. Where a browser has no locks, or the other tab does not end, at once. */
export async function aloneOfTabs<T>(work: () => Promise<T>): Promise<T> {
  let begun: Promise<T> | null = null;
  const once = () => {
    begun ??= work();
    return begun;
  };
  const { locks } = navigator;
  if (locks === undefined) return once();
  try {
    return await locks.request('stillroom-runs', { signal: AbortSignal.timeout(patience) }, once);
  } catch {
    return once();
  }
}

class OpfsFiles implements Files {
  readonly #folder: FileSystemDirectoryHandle;

  constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  async read(name: string, most?: number): Promise<Uint8Array | null> {
    try {
      const file = await (await this.#folder.getFileHandle(name)).getFile();
      return new Uint8Array(await (most === undefined ? file : file.slice(0, most)).arrayBuffer());
    } catch {
      return null;
    }
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const handle = await this.#folder.getFileHandle(name, { create: true });
    const access = await (handle as SyncFileHandle).createSyncAccessHandle();
    try {
      // The old bytes go last, so that a pointer of one byte is at every moment the old one or the new one.
      const written = access.write(bytes, { at: 0 });
      if (written < bytes.length) throw full(bytes.length, written);
      access.truncate(bytes.length);
      access.flush();
    } finally {
      access.close();
    }
  }

  async remove(name: string): Promise<void> {
    await this.#folder.removeEntry(name).catch(() => undefined);
  }
}

function full(wanted: number, written: number): StillroomError {
  return new StillroomError({
    code: 'checkpoint-full',
    problem: 'There is no room for a checkpoint',
    got: `${written} of ${wanted} bytes`,
    remedy: 'Free some space in this browser',
  });
}
