// Answers that were computed once are found again, to the bit, also at a later visit; and nothing that goes wrong with the
// files is ever more than answers that are computed again.
import { expect, test } from 'vitest';
import { type Files, MemoryFiles } from './checkpoints/store.ts';
import { KeptAnswers } from './keptAnswers.ts';
import type { Found } from './prepare.ts';

const limits = { memory: 1, files: 3, bytes: 4_000 };

/** 100 numbers that no float16 holds. */
function foundOf(seed: number): Found {
  const numbers = (length: number) => Float32Array.from({ length }, (_, i) => seed + i / 7);
  return {
    transfer: { logits: numbers(60), hidden: [] },
    validation: numbers(10),
    test: numbers(20),
    grid: numbers(10),
  };
}

/** At a later visit: nothing in memory. */
const later = (files: Files) => new KeptAnswers(files, limits);

test('answers come back to the bit, at this visit and at a later one', async () => {
  const files = new MemoryFiles();
  const kept = later(files);
  await kept.put('a', foundOf(1));
  expect(await kept.get('a')).toEqual(foundOf(1));
  expect(await later(files).get('a')).toEqual(foundOf(1));
  expect(await later(files).get('b')).toBeNull();
});

test('what has no picture of the plane comes back without one', async () => {
  const files = new MemoryFiles();
  await later(files).put('a', { ...foundOf(1), grid: null });
  expect(await later(files).get('a')).toEqual({ ...foundOf(1), grid: null });
});

test('hidden states are kept in memory alone', async () => {
  const files = new MemoryFiles();
  const hidden = [{ size: 2, values: new Float32Array(12) }];
  const found = { ...foundOf(1), transfer: { logits: foundOf(1).transfer.logits, hidden } };
  const kept = later(files);
  await kept.put('a', found);
  expect(await kept.get('a')).toEqual(found);
  expect(await later(files).get('a')).toBeNull();
});

test('when there are more than fit, the longest unused goes first', async () => {
  const files = new MemoryFiles();
  for (const [i, key] of ['a', 'b', 'c'].entries()) await later(files).put(key, foundOf(i));
  expect(await later(files).get('a')).toEqual(foundOf(0));
  await later(files).put('d', foundOf(3));
  expect(await later(files).get('b')).toBeNull();
  for (const [key, i] of [
    ['a', 0],
    ['c', 2],
    ['d', 3],
  ] as const) {
    expect(await later(files).get(key)).toEqual(foundOf(i));
  }
});

test('bytes are capped too: one that needs the room of all others has it, and one that needs more is not kept', async () => {
  const files = new MemoryFiles();
  await later(files).put('a', foundOf(0));
  await later(files).put('b', foundOf(1));
  const large: Found = { ...foundOf(2), grid: new Float32Array(800) };
  await later(files).put('large', large);
  expect(await later(files).get('large')).toEqual(large);
  expect(await later(files).get('a')).toBeNull();
  await later(files).put('larger', { ...large, grid: new Float32Array(1_000) });
  expect(await later(files).get('larger')).toBeNull();
  expect(await later(files).get('large')).toEqual(large);
});

test('one key has one file, however often it is put', async () => {
  const files = new MemoryFiles();
  await later(files).put('other', foundOf(9));
  for (let i = 0; i < 5; i++) await later(files).put('a', foundOf(i));
  expect(await later(files).get('a')).toEqual(foundOf(4));
  expect(await later(files).get('other')).toEqual(foundOf(9));
});

test('without files the last data sets are in memory', async () => {
  const kept = new KeptAnswers(null, limits);
  await kept.put('a', foundOf(1));
  expect(await kept.get('a')).toEqual(foundOf(1));
  await kept.put('b', foundOf(2));
  expect(await kept.get('a')).toBeNull();
});

test('a full disk, a locked folder or one that cannot be read is no error', async () => {
  const fail = () => Promise.reject(new Error('QuotaExceededError'));
  for (const broken of [{ write: fail }, { read: fail }, { write: fail, read: fail, remove: fail }]) {
    const files: Files = Object.assign(new MemoryFiles(), broken);
    const kept = later(files);
    await kept.put('a', foundOf(1));
    expect(await kept.get('a')).toEqual(foundOf(1));
    expect(await kept.get('b')).toBeNull();
  }
});

test('every flipped byte and every torn end of a file is found out, and so is an index of another file', async () => {
  const files = new MemoryFiles();
  await later(files).put('a', foundOf(1));
  const whole = (await files.read('answers.0'))?.slice() ?? new Uint8Array();
  for (let at = 0; at < whole.length; at += 5) {
    const torn = at % 2 === 0 ? whole.slice(0, at) : whole.map((byte, i) => (i === at ? byte ^ 1 : byte));
    await files.write('answers.0', torn);
    await files.write(
      'answers.index',
      new TextEncoder().encode(JSON.stringify([{ file: 0, key: 'a', bytes: whole.length }])),
    );
    expect(await later(files).get('a')).toBeNull();
  }
  await files.write('answers.0', whole);
  await files.write('answers.index', new TextEncoder().encode('[{"file":0,"key":"b","bytes":1}]'));
  expect(await later(files).get('b')).toBeNull();
  await files.write('answers.index', new TextEncoder().encode('[{"file":-1}'));
  expect(await later(files).get('a')).toBeNull();
  await later(files).put('c', foundOf(3));
  expect(await later(files).get('c')).toEqual(foundOf(3));
});
