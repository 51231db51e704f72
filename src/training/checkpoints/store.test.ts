// Checkpoints survive: a kill at any write leaves a whole one, and an altered one is never taken for it.
import { expect, test } from 'vitest';
import { presets } from '../../spec/presets.ts';
import type { Checkpoint } from './format.ts';
import { crc32, decodeCheckpoint, encodeCheckpoint } from './format.ts';
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

/** Files that die in the middle of the k-th write, leaving half of it. */
class MortalFiles implements Files {
  readonly #files: Files;
  #left: number;

  constructor(files: Files, left: number) {
    this.#files = files;
    this.#left = left;
  }

  read(name: string): Promise<Uint8Array | null> {
    return this.#files.read(name);
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#left -= 1;
    if (this.#left >= 0) return this.#files.write(name, bytes);
    await this.#files.write(name, bytes.slice(0, Math.floor(bytes.length / 2)));
    throw new Error('killed');
  }

  remove(name: string): Promise<void> {
    return this.#files.remove(name);
  }
}

test('a checkpoint comes back as it was', () => {
  expect(decodeCheckpoint(encodeCheckpoint(checkpointAt(7)))).toEqual(checkpointAt(7));
});

test('the sum is the CRC-32 of everybody else', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf4_3926);
});

test('the newest of many is loaded, also by a store that knows nothing yet', async () => {
  const files = new MemoryFiles();
  const store = new TwoSlotStore(files);
  for (let step = 1; step <= 5; step++) await store.save(checkpointAt(step));
  expect((await new TwoSlotStore(files).load())?.state.step).toBe(5);
  await new TwoSlotStore(files).save(checkpointAt(6));
  expect((await new TwoSlotStore(files).load())?.state.step).toBe(6);
});

test('killed in the middle of any write, the checkpoint before it or the new one is there whole', async () => {
  for (let kill = 2; kill < 40; kill++) {
    const files = new MemoryFiles();
    const store = new TwoSlotStore(new MortalFiles(files, kill));
    let saved = 0;
    for (let step = 1; step < 30; step++) {
      try {
        await store.save(checkpointAt(step));
        saved = step;
      } catch {
        break;
      }
    }
    const found = await new TwoSlotStore(files).load();
    expect([saved, saved + 1]).toContain(found?.state.step);
    expect(found).toEqual(checkpointAt(found?.state.step ?? -1));
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
