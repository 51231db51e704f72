// Checkpoints of several runs: each is found by its own run, the oldest makes room, and a kill costs no other run.
import { expect, test } from 'vitest';
import { StillroomError } from '../../spec/errors.ts';
import { presets } from '../../spec/presets.ts';
import type { RunSpec } from '../../spec/runSpec.ts';
import { type Checkpoint, encodeCheckpoint } from './format.ts';
import { type RunStoreLimits, RunStores } from './runStores.ts';
import { type Files, MemoryFiles, TwoSlotStore } from './store.ts';

function specOf(seed: number): RunSpec {
  const spec = presets.get('two-moons-1')?.spec;
  if (spec === undefined) throw new Error('no preset');
  return { ...structuredClone(spec), seed };
}

function checkpointOf(seed: number, step: number, length = 50): Checkpoint {
  const arms = [new Map([['parameters.0', new Float32Array(length).fill(step)]])];
  return { spec: specOf(seed), fingerprint: 'ab', state: { step, events: [], arms } };
}

const limits: RunStoreLimits = { runs: 3, bytes: 1e6 };

/** A clock that is a second later at each look. */
function clock(): () => number {
  let now = 0;
  return () => {
    now += 1000;
    return now;
  };
}

const storesOf = (files: Files, change: Partial<RunStoreLimits> = {}, now = clock()) =>
  new RunStores(files, { ...limits, ...change }, now);
const save = (stores: RunStores, seed: number, step: number, length?: number) =>
  stores.of(specOf(seed), 'ab').save(checkpointOf(seed, step, length));
const stepOf = async (stores: RunStores, seed: number) =>
  (await stores.of(specOf(seed), 'ab').load())?.state.step ?? null;
const seedsOf = async (stores: RunStores) =>
  (await stores.list()).map(({ head }) => (head.spec as RunSpec).seed);

test('each run finds its own last checkpoint, also at the next visit, and none that is of other data', async () => {
  const files = new MemoryFiles();
  const now = clock();
  const stores = storesOf(files, {}, now);
  for (const [seed, step] of [
    [1, 10],
    [2, 20],
    [1, 11],
    [2, 21],
    [1, 12],
  ] as const)
    await save(stores, seed, step);
  for (const visit of [stores, storesOf(files, {}, now)]) {
    expect(await stepOf(visit, 1)).toBe(12);
    expect(await stepOf(visit, 2)).toBe(21);
    expect(await stepOf(visit, 3)).toBeNull();
    expect(await visit.of(specOf(1), 'cd').load()).toBeNull();
  }
  expect(await seedsOf(stores)).toEqual([1, 2]);
});

test('of more runs than are kept that goes which was written longest ago', async () => {
  const stores = storesOf(new MemoryFiles());
  for (const seed of [1, 2, 3]) await save(stores, seed, seed);
  await save(stores, 1, 9);
  await save(stores, 4, 4);
  expect(await seedsOf(stores)).toEqual([4, 1, 3]);
  expect(await stepOf(stores, 2)).toBeNull();
  expect(await stepOf(stores, 1)).toBe(9);
});

test('above the limit of bytes the oldest go, and the one that is written stays however large it is', async () => {
  const stores = storesOf(new MemoryFiles(), { bytes: 32_000 });
  for (const seed of [1, 2]) await save(stores, seed, seed, 1_000);
  expect(await seedsOf(stores)).toEqual([2, 1]);
  await save(stores, 3, 3, 6_000);
  expect(await seedsOf(stores)).toEqual([3, 2]);
  await save(stores, 4, 4, 60_000);
  expect(await seedsOf(stores)).toEqual([4]);
  expect(await stepOf(stores, 4)).toBe(4);
});

test('a list tells what each run is and takes, by the heads alone, and a run that is deleted is gone', async () => {
  const stores = storesOf(new MemoryFiles());
  await save(stores, 1, 10);
  await save(stores, 2, 20);
  await save(stores, 2, 21);
  const [second, first] = await stores.list();
  const size = encodeCheckpoint(checkpointOf(1, 10), 1000).length;
  expect(first?.head).toMatchObject({ step: 10, savedAt: 1000, bytes: size });
  expect(second?.head).toMatchObject({ step: 21, savedAt: 3000, bytes: 2 * size });
  await stores.remove(second?.key ?? '');
  await stores.remove('no such run');
  expect(await seedsOf(stores)).toEqual([1]);
  await save(stores, 2, 22);
  expect(await stepOf(stores, 2)).toBe(22);
});

test('what was kept when there was one place for all is still found', async () => {
  const files = new MemoryFiles();
  await new TwoSlotStore(files).save(checkpointOf(5, 50));
  expect(await stepOf(storesOf(files), 5)).toBe(50);
});

/** Files that hold no more bytes than these, or that fail in another way. */
function failing(files: MemoryFiles, most: number, error: (bytes: number) => Error): Files {
  const sizes = new Map<string, number>();
  return {
    read: (name, bytes) => files.read(name, bytes),
    remove(name) {
      sizes.delete(name);
      return files.remove(name);
    },
    write(name, bytes) {
      const others = [...sizes].reduce((sum, [key, size]) => sum + (key === name ? 0 : size), 0);
      if (others + bytes.length > most) return Promise.reject(error(bytes.length));
      sizes.set(name, bytes.length);
      return files.write(name, bytes);
    },
  };
}

test('on a full disk old runs make room, oldest first; where they would not do none goes, and no other failure costs a run', async () => {
  const full = () => new StillroomError({ code: 'checkpoint-full', problem: 'There is no room' });
  const stores = storesOf(failing(new MemoryFiles(), 15_000, full));
  for (const seed of [1, 2]) await save(stores, seed, seed, 1_000);
  await save(stores, 3, 3, 2_000);
  expect(await seedsOf(stores)).toEqual([3, 2]);
  await expect(save(stores, 4, 4, 8_000)).rejects.toThrow('no room');
  expect(await seedsOf(stores)).toEqual([3, 2]);

  const locked = storesOf(failing(new MemoryFiles(), 20_000, () => new Error('another tab holds it')));
  for (const seed of [1, 2]) await save(locked, seed, seed, 1_000);
  await expect(save(locked, 3, 3, 8_000)).rejects.toThrow('another tab');
  expect(await seedsOf(locked)).toEqual([2, 1]);
});

test('killed at any write of a run that takes the place of the oldest, the others are whole and so is it or nothing', async () => {
  let kills = 0;
  for (let last = 0; last < 4; last++) {
    const files = new MemoryFiles();
    const now = clock();
    for (const seed of [1, 2, 3]) {
      for (let step = 1; step <= 2; step++) await save(storesOf(files, {}, now), seed, step);
    }
    let left = last;
    const mortal: Files = {
      read: (name, most) => files.read(name, most),
      remove: (name) => files.remove(name),
      async write(name, bytes) {
        if (left === 0) {
          kills += 1;
          await files.write(name, bytes.slice(0, bytes.length >> 1));
        }
        left -= 1;
        if (left < 0) throw new Error('killed');
        await files.write(name, bytes);
      },
    };
    const stores = storesOf(mortal, {}, now);
    for (let step = 1; step <= 2; step++) await save(stores, 4, step).catch(() => undefined);
    const next = storesOf(files, {}, now);
    expect(await stepOf(next, 2)).toBe(2);
    expect(await stepOf(next, 3)).toBe(2);
    expect([null, 1, 2]).toContain(await stepOf(next, 4));
    await save(next, 4, 9);
    expect(await stepOf(next, 4)).toBe(9);
  }
  expect(kills).toBe(4);
});

test('two tabs that begin a run at the same time take a shelf each', async () => {
  const inner = new MemoryFiles();
  // As on a disk, where others come between any two operations.
  const later = <T>(work: () => Promise<T>) => new Promise((resolve) => setImmediate(resolve)).then(work);
  const files: Files = {
    read: (name, most) => later(() => inner.read(name, most)),
    write: (name, bytes) => later(() => inner.write(name, bytes)),
    remove: (name) => later(() => inner.remove(name)),
  };
  let turn: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const [one, other] = [1, 2].map(() => new RunStores(files, limits, clock(), alone));
  if (one === undefined || other === undefined) throw new Error('no stores');
  await Promise.all([save(one, 1, 10), save(other, 2, 20)]);
  expect(await stepOf(one, 1)).toBe(10);
  expect(await stepOf(one, 2)).toBe(20);
});

test('two tabs with the same run: one that is killed while it writes does not cost what the other wrote last', async () => {
  const files = new MemoryFiles();
  let killed = false;
  const mortal: Files = {
    read: (name, most) => files.read(name, most),
    remove: (name) => files.remove(name),
    async write(name, bytes) {
      await files.write(name, killed ? bytes.slice(0, bytes.length >> 1) : bytes);
      if (killed) throw new Error('killed');
    },
  };
  const [one, other] = [new TwoSlotStore(mortal), new TwoSlotStore(files)];
  await one.save(checkpointOf(1, 10));
  await other.save(checkpointOf(1, 20));
  killed = true;
  await expect(one.save(checkpointOf(1, 30))).rejects.toThrow('killed');
  expect((await new TwoSlotStore(files).load())?.state.step).toBe(20);
});
