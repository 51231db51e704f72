// A teacher's answers as a file: dense to the bit, or the largest of each row, kept, saved and given back.

import { expect, test } from 'vitest';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { denseOf, largestOf } from '../teachers/topAnswers.ts';
import { RandomStream } from '../tensor/random.ts';
import { answersKeeper, cutAnswers, decodeAnswers, encodeAnswers, keepAnswers } from './answersFile.ts';
import { seal } from './checkpoints/sealed.ts';
import { MemoryFiles } from './checkpoints/store.ts';
import { KeptAnswers } from './keptAnswers.ts';
import { type Found, prepareRun, type TeacherHost } from './prepare.ts';

const classes = 10;
const key = JSON.stringify(['ab12', 'cd34', 'x', 'y', [], 'pool']);
const random = new RandomStream(3, 0, 0);
const numbers = (rows: number) => Float32Array.from({ length: rows * classes }, () => 4 * random.normal());
const found: Found = {
  transfer: { logits: numbers(7), hidden: [] },
  validation: numbers(2),
  test: numbers(3),
  grid: null,
};

test('dense answers come back to the bit, cut ones as they were cut, in fewer bytes', () => {
  const dense = encodeAnswers(key, found, null);
  expect(decodeAnswers(dense, key)?.found).toEqual(found);
  for (const k of [1, 3, 9]) {
    const top = { classes, k };
    const cut = cutAnswers(found, top);
    const bytes = encodeAnswers(key, cut, top);
    expect(decodeAnswers(bytes, key)).toEqual({ key, found: cut, top });
    expect(bytes.length).toBeLessThan(dense.length);
  }
});

test('the k largest keep their place and value, and the rest its probability', () => {
  const cut = denseOf(cutAnswers(found, { classes, k: 4 }).test);
  const whole = denseOf(found.test);
  for (let row = 0; row < 3; row++) {
    const of = (all: Float32Array) => [...all.subarray(row * classes, (row + 1) * classes)];
    const order = [...of(whole).keys()].sort((a, b) => (of(whole)[b] ?? 0) - (of(whole)[a] ?? 0));
    for (const id of order.slice(0, 4)) expect(of(cut)[id]).toBeCloseTo(of(whole)[id] ?? Number.NaN, 2);
    const rest = (all: Float32Array) =>
      order.slice(4).reduce((sum, id) => sum + Math.exp(of(all)[id] ?? 0), 0);
    expect(rest(cut) / rest(whole)).toBeCloseTo(1, 2);
  }
});

test('a torn byte, another key and a header that lies are no answers, and no crash', () => {
  const bytes = encodeAnswers(key, found, { classes, k: 3 });
  for (let at = 0; at < bytes.length; at += 17) {
    const torn = bytes.slice();
    torn[at] = (torn[at] ?? 0) ^ 4;
    expect(decodeAnswers(torn)).toBeNull();
  }
  expect(decodeAnswers(bytes, 'other')).toBeNull();
  const header = { version: 2, key, top: null, transfer: 4, validation: 0, test: 0, grid: null };
  const lies = [
    { ...header, transfer: 2 ** 50 },
    { ...header, transfer: 5 },
    { ...header, top: { classes: 200_000, k: 1_024 }, transfer: 2 ** 40 },
    { ...header, top: { classes: 3, k: 1 }, transfer: 4 },
    { ...header, version: 1 },
  ];
  for (const one of lies)
    expect(decodeAnswers(seal(0x414b_5253, one, [new Float32Array(4)])), JSON.stringify(one)).toBeNull();
});

const preset = presets.get('few-labels-1')?.spec;
if (preset === undefined) throw new Error('no preset');
const spec: RunSpec = parseRunSpec({
  ...preset,
  data: { ...preset.data, transfer: 30, labelled: 10, validation: 10, test: 20 },
  teacher: {
    source: 'file',
    sha256: 'f0',
    input: 'x',
    logits: 'y',
    delivery: 'pack',
    provider: 'auto',
    top: 3,
  },
});
const file = { name: 'teacher.onnx', bytes: new Uint8Array(4) };

/** A model of the user's that counts how often it is asked. */
function hostOf(kept?: TeacherHost['kept']): TeacherHost & { readonly asked: { rows: number } } {
  const asked = { rows: 0 };
  return {
    asked,
    asset: () => Promise.reject(new RangeError('no file is asked for')),
    identify: () => Promise.resolve({ title: 'f', parameters: 4, bytes: 16, sha256: 'f0', trainedOn: null }),
    openRows: () =>
      Promise.resolve({
        classes,
        batch: 8,
        answer(inputs, n) {
          asked.rows += n;
          const logits = Float32Array.from(
            { length: n * classes },
            (_, i) => 5 * Math.sin(i * (1 + (inputs[i] ?? 0))),
          );
          return Promise.resolve({ logits, hidden: [] });
        },
        dispose: () => undefined,
      }),
    ...(kept === undefined ? {} : { kept }),
  };
}
const prepared = (host: TeacherHost, own = spec) =>
  prepareRun(own, datasetFromSpec(own, own.seed), host, [file], () => undefined);

test('a run learns from a saved file what it learnt from the teacher, which is then not asked', async () => {
  const first = hostOf();
  const fresh = await prepared(first);
  expect(first.asked.rows).toBe(60);
  const bytes = fresh.answersFile?.() ?? new Uint8Array();
  const { keeper, top } = answersKeeper(bytes);
  expect(top).toEqual({ classes, k: 3 });
  const again = hostOf(keeper);
  const loaded = await prepared(again);
  expect(again.asked.rows).toBe(0);
  expect(loaded.answers).toEqual(fresh.answers);
  expect(await loaded.test.answer(0, 20)).toEqual(await fresh.test.answer(0, 20));
  const other = { ...spec, data: { ...spec.data, dataSeed: 2 } };
  await expect(prepared(again, other)).rejects.toMatchObject({ detail: { code: 'answers-other' } });
  expect(() => answersKeeper(bytes.slice(1))).toThrow(expect.objectContaining({ code: 'answers-invalid' }));
});

test('a file that is kept serves the next run, also at a later visit, in the bytes of its k largest', async () => {
  const bytes = (await prepared(hostOf())).answersFile?.() ?? new Uint8Array();
  const files = new MemoryFiles();
  expect(await keepAnswers(new KeptAnswers(files), bytes)).toMatchObject({ kind: 'kept', teacher: 'f0' });
  expect((await files.read('answers.0'))?.length).toBe(bytes.length);
  const later = hostOf(new KeptAnswers(files));
  await prepared(later);
  expect(later.asked.rows).toBe(0);
  const { top: _, ...all } = spec.teacher as Extract<RunSpec['teacher'], { source: 'file' }>;
  await prepared(later, { ...spec, teacher: all });
  expect(later.asked.rows).toBe(60);
  await expect(keepAnswers(undefined, bytes.slice(2))).rejects.toMatchObject({
    detail: { code: 'answers-invalid' },
  });
});

test('kept answers that are of other classes, though they are as many, are not taken', async () => {
  const half = (rows: number) => largestOf(new Float32Array(rows * classes), classes / 2, 3);
  const wrong = {
    transfer: { logits: half(30), hidden: [] },
    validation: half(10),
    test: half(20),
    grid: null,
  };
  const host = hostOf({ get: () => Promise.resolve(wrong), put: () => Promise.resolve() });
  await prepared(host);
  expect(host.asked.rows).toBe(60);
});

test('the largest answers of a teacher that answers live are refused', () => {
  expect(() => parseRunSpec({ ...spec, teacher: { ...spec.teacher, delivery: 'live' } })).toThrow(
    expect.objectContaining({ code: 'spec-live' }),
  );
});
