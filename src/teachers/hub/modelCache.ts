/**
 * Models of a hub as files in this browser: offered with their facts, downloaded once with one progress, found again at
 * the next visit without a question to the hub, listed and deleted. Where pieces lie is the storage's affair.
 */
import * as v from 'valibot';
import type { GivenFile } from '../../protocol/commands.ts';
import type { HubModel, HubOffer, StoredModel } from '../../protocol/hub.ts';
import { parseAddress } from './address.ts';
import type { Fetch } from './answer.ts';
import { downloadFile, pieceCount, usualPiece } from './download.ts';
import { gateOf, type Machine } from './gate.ts';
import { askRepository, type RemoteFile, variantNamed, variantsOf } from './repository.ts';
import type { Storage } from './storage.ts';

export interface CacheOptions {
  /** `https://huggingface.co`. */
  readonly hub: string;
  readonly storage: Storage;
  readonly fetch: Fetch;
  readonly pieceBytes?: number;
  readonly waits?: readonly number[];
}

const manifestSchema = v.strictObject({
  version: v.literal(1),
  repository: v.string(),
  revision: v.string(),
  model: v.string(),
  pieceBytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
  files: v.array(
    v.strictObject({
      path: v.string(),
      bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
      hash: v.strictObject({ kind: v.picklist(['sha256', 'git']), hex: v.string() }),
    }),
  ),
});
type Manifest = v.InferOutput<typeof manifestSchema>;

/** Bytes here of all that are wanted. */
export type DownloadProgress = (done: number, total: number) => void;

export class ModelCache {
  readonly #options: CacheOptions;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** Errors: `hub-address`, `hub-host`, `hub-no-model`, those of `askRepository`. */
  async offer(text: string, machine: Machine): Promise<HubOffer> {
    const { hub, fetch, waits } = this.#options;
    const address = parseAddress(text, hub);
    const repository = await askRepository(hub, address, fetch, waits);
    const named = variantNamed(repository, address.file);
    const stored = await this.stored();
    const all = variantsOf(repository).map((variant) => {
      const key = keyOf({ repository: repository.name, revision: repository.revision, model: variant.model });
      return gateOf(variant, stored.find((one) => one.key === key)?.bytes ?? 0, machine);
    });
    const first = all.filter(({ model }) => model === named.model && address.file !== null);
    const { name, revision, licence } = repository;
    return { repository: name, revision, licence, variants: [...new Set([...first, ...all])] };
  }

  /** All files of a model, downloaded where they are not here. Errors: those of `askRepository` and `downloadFile`. */
  async files(wanted: HubModel, progress: DownloadProgress): Promise<readonly GivenFile[]> {
    const manifest = await this.#manifest(wanted);
    const key = keyOf(wanted);
    const total = sumOf(manifest.files);
    let before = 0;
    for (const [i, file] of manifest.files.entries()) {
      const path = file.path.split('/').map(encodeURIComponent).join('/');
      await downloadFile({
        ...{ url: `${this.#options.hub}/${wanted.repository}/resolve/${wanted.revision}/${path}`, file },
        ...this.#options,
        ...{ pieceName: (piece: number) => pieceName(key, i, piece), pieceBytes: manifest.pieceBytes },
        progress: (done) => progress(before + done, total),
      });
      before += file.bytes;
      progress(before, total);
    }
    const whole = manifest.files.map(async (file, i) => ({
      name: file.path,
      bytes: await this.#whole(key, i, file, manifest.pieceBytes),
    }));
    return Promise.all(whole);
  }

  /** Models that are here, in whole or in part. */
  async stored(): Promise<readonly StoredModel[]> {
    const { storage } = this.#options;
    const pieces = await storage.list();
    const keys = pieces.flatMap(({ name }) => (name.endsWith(manifestEnd) ? [name.slice(0, -5)] : []));
    const models = keys.map(async (key): Promise<StoredModel[]> => {
      const manifest = await this.#read(key);
      if (manifest === null) return [];
      const { repository, revision, model, files } = manifest;
      const bytes = sumOf(pieces.filter(({ name }) => name.startsWith(`${key}~`)));
      return [{ key, repository, revision, model, bytes, total: sumOf(files) }];
    });
    return (await Promise.all(models)).flat();
  }

  async remove(key: string): Promise<void> {
    const { storage } = this.#options;
    for (const { name } of await storage.list()) {
      if (name === `${key}${manifestEnd}` || name.startsWith(`${key}~`)) await storage.remove(name);
    }
  }

  /** What the model consists of, from here or from the hub; kept before the first piece of it is. */
  async #manifest(wanted: HubModel): Promise<Manifest> {
    const key = keyOf(wanted);
    const known = await this.#read(key);
    if (known !== null) return known;
    const { hub, fetch, waits, storage, pieceBytes = usualPiece } = this.#options;
    const { repository, revision, model } = wanted;
    const there = await askRepository(hub, { repository, revision, file: model }, fetch, waits);
    const files = [...variantNamed(there, model).files];
    const manifest: Manifest = { version: 1, repository, revision, model, pieceBytes, files };
    await storage.write(`${key}${manifestEnd}`, new TextEncoder().encode(JSON.stringify(manifest)));
    return manifest;
  }

  async #read(key: string): Promise<Manifest | null> {
    const bytes = await this.#options.storage.read(`${key}${manifestEnd}`);
    if (bytes === null) return null;
    try {
      const result = v.safeParse(manifestSchema, JSON.parse(new TextDecoder().decode(bytes)));
      return result.success && keyOf(result.output) === key ? result.output : null;
    } catch {
      return null;
    }
  }

  /** One copy of the file, put together piece by piece. */
  async #whole(
    key: string,
    index: number,
    file: RemoteFile,
    pieceBytes: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const whole = new Uint8Array(file.bytes);
    for (let piece = 0; piece < pieceCount(file, pieceBytes); piece++) {
      const bytes = await this.#options.storage.read(pieceName(key, index, piece));
      if (bytes === null) throw new RangeError(`${file.path} was deleted while it was read`);
      whole.set(bytes, piece * pieceBytes);
    }
    return whole;
  }
}

const manifestEnd = '.json';

/** A name that a file may have, and the beginning of no other's. */
function keyOf({ repository, revision, model }: HubModel): string {
  return encodeURIComponent(`${repository}@${revision.slice(0, 12)}:${model}`).replaceAll('~', '%7E');
}

function pieceName(key: string, file: number, piece: number): string {
  return `${key}~${file}~${piece}`;
}

function sumOf(sized: readonly { readonly bytes: number }[]): number {
  return sized.reduce((sum, { bytes }) => sum + bytes, 0);
}
