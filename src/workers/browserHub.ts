/** The hub as the engine's worker reaches it: by fetch, with what was downloaded in the origin's private files. */
import type { GivenFile } from '../protocol/commands.ts';
import type { HubModel, HubOffer, StoredModel } from '../protocol/hub.ts';
import { StillroomError } from '../spec/errors.ts';
import type { Machine } from '../teachers/hub/gate.ts';
import { ModelCache } from '../teachers/hub/modelCache.ts';
import { openOpfsStorage } from '../teachers/hub/opfsStorage.ts';
import { DiskThenMemory, MemoryStorage, type Storage } from '../teachers/hub/storage.ts';
import type { HubHost } from '../training/teacherFiles.ts';

type Told = (done: number, total: number) => void;

const folder = 'stillroom-models';

export class BrowserHub implements HubHost {
  /** Null where the page was built without one. */
  origin: string | null = null;
  #storage: Promise<Storage> | null = null;
  /** Models on their way, with whoever wants to know how far they are. */
  readonly #coming = new Map<
    string,
    { readonly files: Promise<readonly GivenFile[]>; readonly told: Set<Told> }
  >();

  async offer(address: string): Promise<HubOffer> {
    return (await this.#cache()).offer(address, await machine());
  }

  /** One that is asked for again while it comes is not fetched twice: both would write the same pieces. */
  files(model: HubModel, progress: Told): Promise<readonly GivenFile[]> {
    const key = JSON.stringify([model.repository, model.revision, model.model]);
    const coming = this.#coming.get(key);
    if (coming !== undefined) {
      coming.told.add(progress);
      return coming.files;
    }
    const told = new Set([progress]);
    const files = this.#fetch(model, (done, total) => {
      for (const one of told) one(done, total);
    }).finally(() => this.#coming.delete(key));
    this.#coming.set(key, { files, told });
    return files;
  }

  async #fetch(model: HubModel, progress: Told): Promise<readonly GivenFile[]> {
    // Asked for here, since what follows is what must not be thrown away.
    await navigator.storage?.persist?.().catch(() => false);
    return (await this.#cache()).files(model, progress);
  }

  async stored(): Promise<readonly StoredModel[]> {
    return (await this.#cache()).stored();
  }

  async remove(key: string): Promise<void> {
    return (await this.#cache()).remove(key);
  }

  async #cache(): Promise<ModelCache> {
    if (this.origin === null) {
      throw new StillroomError({
        code: 'hub-none',
        problem: 'This page was set up without a hub of models',
        remedy: 'Drop the files of the model here',
        control: 'teacher.file',
      });
    }
    this.#storage ??= openStorage();
    const storage = await this.#storage;
    // Called on its own, as the browser wants it.
    return new ModelCache({ hub: this.origin, storage, fetch: (url, init) => fetch(url, init) });
  }
}

async function openStorage(): Promise<Storage> {
  const disk = await openOpfsStorage(folder);
  return disk === null ? new MemoryStorage() : new DiskThenMemory(disk);
}

async function machine(): Promise<Machine> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  return {
    gpu: adapter != null && !adapter.info.isFallbackAdapter,
    halves: adapter?.features.has('shader-f16') ?? false,
    room: quota === undefined || usage === undefined ? null : quota - usage,
  };
}
