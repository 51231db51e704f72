// Checkpoints survive: a kill at any write leaves a whole one, and an altered one is never taken for it.
import { expect, test } from 'vitest';
import { presets } from '../../spec/presets.ts';
import type { Checkpoint } from './format.ts';
import { decodeCheckpoint, encodeCheckpoint } from './format.ts';
import { type Files, MemoryFiles, TwoSlotStore } from './store.ts';

const spec = presets.get('two-moons-1')?.spec;
if (spec === undefined) throw new Error('no preset');

function checkpointAt(step: number): Checkpoint {
  const numbers = Float32Array.from({ length: 50 }, (_, i) => step + i / 7);
  const arms = [new Map([['parameters.0', numbers]]), new Map([['parameters.0', numbers.map((x) => -x)]])];
  const events = [{ step: 3, path: 'objective.temperature', value: 2 }];
  return {
    spec: structuredClone(spec as NonNullable<typeof spec>),
    fingerprint: 'ab',
    state: { step, events, arms },
  };
}

/** What a kill leaves of the file that was being written. */
type Tear = (old: Uint8Array | null, bytes: Uint8Array) => Uint8Array | null;
const tears: Readonly<Record<string, Tear>> = {
  nothing: (old) => old,
  'an empty file': () => new Uint8Array(),
  'the first half': (_, bytes) => bytes.slice(0, bytes.length >> 1),
  'the new over the old': (old, bytes) => {
    const mixed = (old ?? new Uint8Array(bytes.length)).slice();
    mixed.set(bytes.subarray(0, Math.min(mixed.length, bytes.length >> 1)));
    return mixed;
  },
  'all but the last byte': (_, bytes) => bytes.slice(0, -1),
  'all of it, unacknowledged': (_, bytes) => bytes.slice(),
};

/** Files whose tab is killed in the `last`-th operation, reads and removals counted. Afterwards nothing is done. */
class MortalFiles implements Files {
  readonly #files: Files;
  readonly #tear: Tear;
  #left: number;

  constructor(files: Files, last: number, tear: Tear) {
    this.#files = files;
    this.#left = last;
    this.#tear = tear;
  }

  async read(name: string, most?: number): Promise<Uint8Array | null> {
    this.#left -= 1;
    if (this.#left <= 0) throw new Error('killed');
    return this.#files.read(name, most);
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#left -= 1;
    if (this.#left > 0) return this.#files.write(name, bytes);
    if (this.#left === 0) {
      const left = this.#tear(await this.#files.read(name), bytes);
      if (left !== null) await this.#files.write(name, left.slice());
    }
    throw new Error('killed');
  }

  async remove(name: string): Promise<void> {
    this.#left -= 1;
    if (this.#left <= 0) throw new Error('killed');
    await this.#files.remove(name);
  }
}

/** Saves steps after `from` until the kill. Returns the last that was acknowledged; the one after it was under way. */
async function saveUntilKilled(files: Files, from: number): Promise<number> {
  const store = new TwoSlotStore(files);
  for (let step = from + 1; ; step++) {
    try {
      await store.save(checkpointAt(step));
    } catch {
      return step - 1;
    }
  }
}

test('a checkpoint comes back as it was', () => {
  expect(decodeCheckpoint(encodeCheckpoint(checkpointAt(7)))).toEqual(checkpointAt(7));
});

test('the newest of many is loaded, also by a store that knows nothing yet', async () => {
  const files = new MemoryFiles();
  const store = new TwoSlotStore(files);
  for (let step = 1; step <= 5; step++) await store.save(checkpointAt(step));
  expect((await new TwoSlotStore(files).load())?.state.step).toBe(5);
  await new TwoSlotStore(files).save(checkpointAt(6));
  expect((await new TwoSlotStore(files).load())?.state.step).toBe(6);
});

test.each(Object.entries(tears))(
  'killed in any operation, and again in any after that, what was saved last is there whole; a torn write leaves %s',
  async (_, tear) => {
    let kills = 0;
    // The first save reads pointer and slots, each save writes twice: 9 operations bring three saves of a new store.
    for (let first = 6; first <= 14; first++) {
      for (let second = 1; second <= 12; second++) {
        const files = new MemoryFiles();
        const saved = await saveUntilKilled(new MortalFiles(files, first, tear), 0);
        const found = await new TwoSlotStore(files).load();
        expect([saved, saved + 1]).toContain(found?.state.step);
        expect(found).toEqual(checkpointAt(found?.state.step ?? -1));
        const from = found?.state.step ?? 0;
        const later = await saveUntilKilled(new MortalFiles(files, second, tear), from);
        const last = await new TwoSlotStore(files).load();
        expect([later, later + 1]).toContain(last?.state.step);
        expect(last).toEqual(checkpointAt(last?.state.step ?? -1));
        kills += 2;
      }
    }
    expect(kills).toBe(216);
  },
);

test('killed before anything was saved, there is nothing or the first, and the next save is not hindered', async () => {
  for (const tear of Object.values(tears)) {
    for (let first = 1; first <= 5; first++) {
      const files = new MemoryFiles();
      expect(await saveUntilKilled(new MortalFiles(files, first, tear), 0)).toBe(0);
      expect([undefined, 1]).toContain((await new TwoSlotStore(files).load())?.state.step);
      await new TwoSlotStore(files).save(checkpointAt(9));
      expect((await new TwoSlotStore(files).load())?.state.step).toBe(9);
    }
  }
});

test('no single flipped bit of a thousand is overlooked', () => {
  const bytes = encodeCheckpoint(checkpointAt(1));
  for (let i = 0; i < 1_000; i++) {
    const flipped = bytes.slice();
    const bit = (i * 7919) % (8 * bytes.length);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(decodeCheckpoint(flipped)).toBeNull();
  }
});

test('after clearing there is nothing', async () => {
  const store = new TwoSlotStore(new MemoryFiles());
  await store.save(checkpointAt(1));
  await store.clear();
  expect(await store.load()).toBeNull();
});
