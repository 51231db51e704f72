/**
 * A teacher's answers over whole data sets, so that they are computed once: the last few in memory, and those without
 * hidden states also in files (answersFile.ts), so that a later visit trains to the same bits. Files are capped in size, the
 * longest unused goes first. It is only ever a saving: whatever fails here, the teacher answers again.
 */
import * as v from 'valibot';
import { decodeAnswers, encodeAnswers, type TopCut } from './answersFile.ts';
import type { Files } from './checkpoints/store.ts';
import type { AnswerKeeper, Found } from './prepare.ts';

export interface KeptLimits {
  /** Data sets in memory. */
  readonly memory: number;
  /** Files, and bytes of all of them. */
  readonly files: number;
  readonly bytes: number;
}

const usual: KeptLimits = { memory: 2, files: 8, bytes: 64 * 2 ** 20 };
const indexName = 'answers.index';
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The longest unused first. */
const indexSchema = v.array(v.strictObject({ file: count, key: v.string(), bytes: count }));
type Index = v.InferOutput<typeof indexSchema>;

export class KeptAnswers implements AnswerKeeper {
  readonly #files: Files | null;
  readonly #limits: KeptLimits;
  readonly #memory = new Map<string, Found>();
  /** One thing at a time: the index is read, changed and written. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Without files, in memory alone. */
  constructor(files: Files | null, limits: KeptLimits = usual) {
    this.#files = files;
    this.#limits = limits;
  }

  async get(key: string): Promise<Found | null> {
    const found =
      this.#memory.get(key) ?? (await this.#inTurn((files) => this.#read(files, key)).catch(() => null));
    if (found !== null) this.#remember(key, found);
    return found;
  }

  async put(key: string, found: Found, top: TopCut | null = null): Promise<void> {
    this.#remember(key, found);
    // A hidden state is many times as large as its logits.
    if (found.transfer.hidden.length > 0 || found.transfer.logits === null) return;
    await this.#inTurn((files) => this.#write(files, key, found, top)).catch(() => null);
  }

  #remember(key: string, found: Found): void {
    this.#memory.delete(key);
    this.#memory.set(key, found);
    const [oldest] = this.#memory.keys();
    if (oldest !== undefined && this.#memory.size > this.#limits.memory) this.#memory.delete(oldest);
  }

  async #inTurn<T>(work: (files: Files) => Promise<T>): Promise<T | null> {
    const files = this.#files;
    if (files === null) return null;
    const mine = this.#turn.then(() => work(files));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #read(files: Files, key: string): Promise<Found | null> {
    const index = await readIndex(files);
    const entry = index.find((one) => one.key === key);
    if (entry === undefined) return null;
    const bytes = await files.read(fileName(entry.file));
    const found = bytes === null ? null : (decodeAnswers(bytes, key)?.found ?? null);
    const others = index.filter((one) => one !== entry);
    await writeIndex(files, found === null ? others : [...others, entry]).catch(() => undefined);
    return found;
  }

  async #write(files: Files, key: string, found: Found, top: TopCut | null): Promise<void> {
    const bytes = encodeAnswers(key, found, top);
    if (bytes.length > this.#limits.bytes) return;
    const kept = (await readIndex(files)).filter((one) => one.key !== key);
    const room = () => this.#limits.bytes - kept.reduce((sum, one) => sum + one.bytes, 0);
    while (kept.length >= this.#limits.files || room() < bytes.length) {
      const oldest = kept.shift();
      if (oldest === undefined) break;
      await files.remove(fileName(oldest.file));
    }
    const used = new Set(kept.map((one) => one.file));
    const file = Array.from({ length: this.#limits.files }, (_, i) => i).find((i) => !used.has(i)) ?? 0;
    try {
      await files.write(fileName(file), bytes);
    } catch (error) {
      // The disk is full: what was half written helps nobody.
      await files.remove(fileName(file));
      throw error;
    }
    // After the file: an index that names it too early would be found out by the key inside.
    await writeIndex(files, [...kept, { file, key, bytes: bytes.length }]);
  }
}

function fileName(file: number): string {
  return `answers.${file}`;
}

/** Empty where there is none that can be read: the files are then written over one by one. */
async function readIndex(files: Files): Promise<Index> {
  const bytes = await files.read(indexName);
  if (bytes === null) return [];
  try {
    return v.parse(indexSchema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return [];
  }
}

function writeIndex(files: Files, index: Index): Promise<void> {
  return files.write(indexName, new TextEncoder().encode(JSON.stringify(index)));
}
