/**
 * One file from the hub into pieces: goes on where it was cut, by HTTP ranges, tries again with growing pauses, and
 * checks the whole by its hash. Nothing that has arrived is lost but what turns out to be wrong.
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { StillroomError } from '../../spec/errors.ts';
import { ask, BrokenConnection, checkKind, type Fetch, pauses, sleep, unreachable } from './answer.ts';
import type { RemoteFile } from './repository.ts';
import type { Storage } from './storage.ts';

export interface Download {
  readonly url: string;
  readonly file: RemoteFile;
  /** Names of the pieces in order. */
  readonly pieceName: (piece: number) => string;
  readonly pieceBytes: number;
  readonly storage: Storage;
  readonly fetch: Fetch;
  /** Bytes of this file that are here. */
  readonly progress: (done: number) => void;
  readonly waits?: readonly number[];
}

/** Bytes of a piece: large enough that few files lie on the disk, small enough to be lost. */
export const usualPiece = 8 * 2 ** 20;

export const pieceCount = ({ bytes }: Pick<RemoteFile, 'bytes'>, pieceBytes: number) =>
  Math.max(1, Math.ceil(bytes / pieceBytes));

/**
 * Errors: `hub-unreachable`, `hub-gated`, `hub-missing`, `hub-html`, `hub-size` for a file of another length,
 * `hub-hash` for another content; after the last two the file's pieces are gone.
 */
export async function downloadFile(download: Download): Promise<void> {
  const { file, storage, pieceName, pieceBytes, progress } = download;
  const hash = hasherOf(file);
  const pieces = pieceCount(file, pieceBytes);
  let piece = 0;
  for (; piece < pieces; piece++) {
    const kept = await storage.read(pieceName(piece));
    if (kept === null || kept.length !== lengthOf(file, piece, pieceBytes)) break;
    hash.update(kept);
    progress(Math.min(file.bytes, (piece + 1) * pieceBytes));
  }
  if (piece < pieces) await fetchFrom(download, piece, hash);
  const got = bytesToHex(hash.digest());
  if (got === file.hash.hex) return;
  await forget(download);
  throw wrong('hub-hash', file, `${got.slice(0, 12)}…`, `${file.hash.hex.slice(0, 12)}…`);
}

function lengthOf({ bytes }: RemoteFile, piece: number, pieceBytes: number): number {
  return Math.min(pieceBytes, bytes - piece * pieceBytes);
}

interface Hasher {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** Git hashes a blob behind a line that says its length. */
function hasherOf({ hash, bytes }: RemoteFile): Hasher {
  if (hash.kind === 'sha256') return sha256.create();
  return sha1.create().update(new TextEncoder().encode(`blob ${bytes}\0`));
}

async function fetchFrom(download: Download, first: number, hash: Hasher): Promise<void> {
  const { file, pieceBytes, waits = pauses } = download;
  const filling = new Filling(download, first, hash);
  let failures = 0;
  while (filling.at < file.bytes || (file.bytes === 0 && !filling.done)) {
    const before = filling.at;
    try {
      await fetchOnce(download, filling);
    } catch (cause) {
      if (!(cause instanceof BrokenConnection)) throw cause;
      // A piece that arrived is a sign that the connection is worth another row of tries.
      if (filling.at - before >= pieceBytes) failures = 0;
      const wait = waits[failures++];
      if (wait === undefined) throw unreachable(cause);
      await sleep(wait);
    }
  }
}

/** One answer of the hub, as far as it goes. Errors: BrokenConnection where it ends before the file does. */
async function fetchOnce({ url, file, fetch }: Download, filling: Filling): Promise<void> {
  const from = filling.at;
  const response = await ask(fetch, url, from === 0 ? {} : { headers: { Range: `bytes=${from}-` } });
  checkKind(response, url);
  // A server that does not know ranges begins at the beginning.
  let skip = response.status === 206 ? 0 : from;
  checkRange(response, file, from);
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const { value, done } = (await reader?.read().catch(broken)) ?? { value: undefined, done: true };
      if (done || value === undefined) break;
      const passed = Math.min(skip, value.length);
      skip -= passed;
      await filling.add(value.subarray(passed));
    }
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
  await filling.end();
  if (filling.at < file.bytes) throw new BrokenConnection(`ended after ${filling.at} of ${file.bytes} bytes`);
}

function broken(cause: unknown): never {
  throw new BrokenConnection('the connection broke', { cause });
}

/** Errors: `hub-size`. */
function checkRange(response: Response, file: RemoteFile, from: number): void {
  const range = /bytes (\d+)-\d+\/(\d+)/.exec(response.headers.get('content-range') ?? '');
  if (response.status === 206 && range !== null) {
    if (Number(range[1]) !== from || Number(range[2]) !== file.bytes)
      throw wrong('hub-size', file, range[0], `bytes from ${from} of ${file.bytes}`);
    return;
  }
  const length = response.headers.get('content-length');
  if (response.headers.get('content-encoding') !== null || length === null) return;
  const whole = response.status === 206 ? file.bytes - from : file.bytes;
  if (Number(length) !== whole) throw wrong('hub-size', file, `${length} bytes`, `${whole} bytes`);
}

/** Cuts what arrives into pieces and puts each where it belongs. */
class Filling {
  readonly #download: Download;
  readonly #hash: Hasher;
  #piece: number;
  #buffer: Uint8Array<ArrayBuffer>;
  #filled = 0;

  constructor(download: Download, piece: number, hash: Hasher) {
    this.#download = download;
    this.#piece = piece;
    this.#hash = hash;
    this.#buffer = this.#next();
  }

  /** Bytes that are here, those of the piece in hand too. */
  get at(): number {
    return Math.min(this.#piece * this.#download.pieceBytes, this.#download.file.bytes) + this.#filled;
  }

  get done(): boolean {
    return this.#piece >= pieceCount(this.#download.file, this.#download.pieceBytes);
  }

  /** Errors: `hub-size` for more than there should be. */
  async add(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      if (this.done)
        throw wrong('hub-size', this.#download.file, 'more bytes', `${this.#download.file.bytes}`);
      const taken = rest.subarray(0, this.#buffer.length - this.#filled);
      this.#buffer.set(taken, this.#filled);
      this.#filled += taken.length;
      rest = rest.subarray(taken.length);
      this.#download.progress(this.at);
      if (this.#filled === this.#buffer.length) await this.#put();
    }
  }

  /** An empty file has one empty piece. */
  async end(): Promise<void> {
    if (this.#download.file.bytes === 0 && !this.done) await this.#put();
  }

  async #put(): Promise<void> {
    const { storage, pieceName } = this.#download;
    this.#hash.update(this.#buffer);
    await storage.write(pieceName(this.#piece), this.#buffer);
    this.#piece += 1;
    this.#filled = 0;
    this.#buffer = this.#next();
  }

  #next(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Math.max(0, lengthOf(this.#download.file, this.#piece, this.#download.pieceBytes)));
  }
}

async function forget({ file, storage, pieceName, pieceBytes }: Download): Promise<void> {
  for (let piece = 0; piece < pieceCount(file, pieceBytes); piece++) await storage.remove(pieceName(piece));
}

function wrong(
  code: 'hub-size' | 'hub-hash',
  { path }: RemoteFile,
  got: string,
  wanted: string,
): StillroomError {
  return new StillroomError({
    code,
    problem: code === 'hub-hash' ? `${path} arrived with another content` : `${path} has another length`,
    ...{ got, wanted },
    remedy: 'Download it again; the other files are kept',
    control: 'teacher.hub',
  });
}
