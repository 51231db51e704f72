// Against a server that plays the hub: what is offered, what goes wrong on the way, what is kept.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commit, type Hub, startHub } from '../../../e2e/hubServer.ts';
import { type HubFile, languageRepository } from '../../../e2e/languageModels.ts';
import { StillroomError } from '../../spec/errors.ts';
import { parseAddress } from './address.ts';
import type { Machine } from './gate.ts';
import { ModelCache } from './modelCache.ts';
import { DiskThenMemory, MemoryStorage, type Storage, storageFull } from './storage.ts';

const [name, closed, empty] = ['tests/small-ONNX', 'tests/closed', 'tests/no-model'];
const revision = commit(name);
const machine: Machine = { gpu: true, halves: false, room: null };
const wanted = { repository: name, revision, model: 'onnx/model.onnx' };
const pieceBytes = 16_384;
let files: readonly HubFile[] = [];
let hub: Hub;

beforeAll(async () => {
  files = languageRepository(['f32', 'f16'], { vocabulary: 1_000 });
  const readme = files.filter(({ path }) => path === 'README.md');
  hub = await startHub({ [name]: files, [closed]: files, [empty]: readme }, { gated: [closed] });
});
afterAll(() => hub.close());
beforeEach(() => {
  Object.assign(hub.faults, { breakAfter: null, breaks: 0, status: null, html: false, corrupt: null });
  hub.faults.withoutRanges = false;
  hub.requests.length = 0;
});

function cacheOn(storage: Storage = new MemoryStorage(), waits: readonly number[] = [1, 1, 1]): ModelCache {
  return new ModelCache({ hub: hub.origin, storage, fetch, pieceBytes, waits });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return error instanceof StillroomError ? error.code : String(error);
  }
}

const sizes = (paths: readonly string[]) =>
  files.filter(({ path }) => paths.includes(path)).reduce((sum, { bytes }) => sum + bytes.length, 0);
const own = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'onnx/model.onnx',
  'onnx/model.onnx_data',
];
const isData = (request: string) =>
  request.includes(createHash('sha256').update(fileOf('onnx/model.onnx_data')).digest('hex'));
const fileOf = (path: string) => files.find((file) => file.path === path)?.bytes ?? new Uint8Array();
const whole = (downloaded: readonly { readonly name: string; readonly bytes: Uint8Array }[]) =>
  downloaded.every((file) => Buffer.from(file.bytes).equals(Buffer.from(fileOf(file.name))));

describe('an address', () => {
  test.each([
    ['onnx-community/SmolLM2-135M-ONNX', 'onnx-community/SmolLM2-135M-ONNX', 'main', null],
    ['  a/b@v1.0 ', 'a/b', 'v1.0', null],
    ['https://hub.test/a/b', 'a/b', 'main', null],
    ['hub.test/a/b/tree/dev', 'a/b', 'dev', null],
    [
      'https://hub.test/a/b/resolve/0123/onnx/model_q4.onnx?download=true',
      'a/b',
      '0123',
      'onnx/model_q4.onnx',
    ],
    ['https://hub.test/a/b/blob/main/config.json', 'a/b', 'main', null],
  ])('%s is understood', (text, repository, at, file) => {
    expect(parseAddress(text, 'https://hub.test')).toEqual({ repository, revision: at, file });
  });
  test.each([
    ['', 'hub-address'],
    ['a model', 'hub-address'],
    ['a/b/c', 'hub-address'],
    ['https://hub.test/', 'hub-address'],
    ['https://elsewhere.test/a/b', 'hub-host'],
    ['javascript:alert(1)', 'hub-address'],
  ])('“%s” is refused', async (text, code) => {
    expect(await codeOf((async () => parseAddress(text, 'https://hub.test'))())).toBe(code);
  });
});

test('before the download: commit, licence, sizes, memory and what speaks against each model', async () => {
  const offer = await cacheOn().offer(name, machine);
  expect(offer).toMatchObject({ repository: name, revision, licence: 'apache-2.0' });
  const [half, full] = offer.variants;
  expect(half).toMatchObject({ model: 'onnx/model_fp16.onnx', stored: 0, fits: true });
  expect(half?.concerns.map(({ code }) => code)).toEqual(['gate-halves']);
  expect(full).toMatchObject({ model: 'onnx/model.onnx', bytes: sizes(own), concerns: [] });
  expect(full?.memory).toBe(2 * sizes(['onnx/model.onnx', 'onnx/model.onnx_data']));
  expect(hub.requests.filter((request) => !request.includes('/api/'))).toEqual([]);
});

test('a model that is named comes first, and little room and a missing GPU are said', async () => {
  const address = `${hub.origin}/${name}/blob/main/onnx/model.onnx`;
  const offer = await cacheOn().offer(address, { gpu: false, halves: false, room: 1_000 });
  expect(offer.variants.map(({ model }) => model)).toEqual(['onnx/model.onnx', 'onnx/model_fp16.onnx']);
  expect(offer.variants[0]?.concerns.map(({ code }) => code)).toEqual(['gate-processor', 'gate-room']);
});

test('all files arrive whole under one progress, and a second visit asks the hub for nothing', async () => {
  const storage = new MemoryStorage();
  const told: number[] = [];
  const totals = new Set<number>();
  const got = await cacheOn(storage).files(wanted, (done, total) => {
    told.push(done);
    totals.add(total);
  });
  expect(got.map((file) => file.name).sort()).toEqual([...own].sort());
  expect(whole(got)).toBe(true);
  expect([...totals]).toEqual([sizes(own)]);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(sizes(own));
  hub.requests.length = 0;
  expect(whole(await cacheOn(storage).files(wanted, () => undefined))).toBe(true);
  expect(hub.requests).toEqual([]);
  expect((await cacheOn(storage).offer(name, machine)).variants.map(({ stored }) => stored)).toEqual([
    0,
    sizes(own),
  ]);
});

test('a connection that breaks is taken up where it broke, by ranges', async () => {
  Object.assign(hub.faults, { breakAfter: 20_000, breaks: 2 });
  const got = await cacheOn().files(wanted, () => undefined);
  expect(whole(got)).toBe(true);
  expect(hub.faults.breaks).toBe(0);
  expect(hub.requests.filter((request) => / bytes=\d+-$/.test(request)).length).toBeGreaterThanOrEqual(2);
});

test('a server without ranges is read from the beginning again, and the file is the same', async () => {
  Object.assign(hub.faults, { breakAfter: 20_000, breaks: 2, withoutRanges: true });
  expect(whole(await cacheOn().files(wanted, () => undefined))).toBe(true);
});

test('what arrived before the hub fell silent is kept, and the next try fetches the rest alone', async () => {
  const storage = new MemoryStorage();
  Object.assign(hub.faults, { breakAfter: 40_000, breaks: 1_000 });
  expect(await codeOf(cacheOn(storage, []).files(wanted, () => undefined))).toBe('hub-unreachable');
  const [kept] = await cacheOn(storage).stored();
  expect(kept?.bytes).toBeGreaterThanOrEqual(2 * pieceBytes);
  expect(kept?.bytes).toBeLessThan(kept?.total ?? 0);
  hub.faults.breaks = 0;
  hub.requests.length = 0;
  expect(whole(await cacheOn(storage).files(wanted, () => undefined))).toBe(true);
  expect(hub.requests.filter(isData).map((request) => request.split(' ')[2])).toEqual([
    `bytes=${2 * pieceBytes}-`,
  ]);
});

test.each([
  ['a model that asks for an agreement', () => cacheOn().offer(closed, machine), 'hub-gated'],
  ['a model that is not there', () => cacheOn().offer('tests/nobody', machine), 'hub-missing'],
  ['a repository without a model', () => cacheOn().offer(empty, machine), 'hub-no-model'],
  ['a revision that is not there', () => cacheOn().offer(`${name}@v9`, machine), 'hub-missing'],
  [
    'a hub that is not there',
    () =>
      new ModelCache({ hub: 'http://localhost:1', storage: new MemoryStorage(), fetch, waits: [1] }).offer(
        name,
        machine,
      ),
    'hub-unreachable',
  ],
])('%s: refused in words', async (_, work, code) => {
  expect(await codeOf(work())).toBe(code);
});

test.each([
  ['a page instead of the file', { html: true }, 'hub-html'],
  ['a hub in trouble', { status: 503 }, 'hub-unreachable'],
  ['a denied file', { status: 403 }, 'hub-gated'],
  ['another content', { corrupt: 'onnx/model.onnx_data' }, 'hub-hash'],
])('%s ends the download with its reason; the next try makes it whole', async (_, fault, code) => {
  const storage = new MemoryStorage();
  Object.assign(hub.faults, fault);
  expect(await codeOf(cacheOn(storage).files(wanted, () => undefined))).toBe(code);
  Object.assign(hub.faults, { html: false, status: null, corrupt: null });
  expect(whole(await cacheOn(storage).files(wanted, () => undefined))).toBe(true);
});

test('where the disk is full the rest stays in memory, and deleting frees both', async () => {
  const disk = new MemoryStorage();
  let room = 5 * pieceBytes;
  const small: Storage = {
    list: () => disk.list(),
    read: (piece) => disk.read(piece),
    remove: (piece) => disk.remove(piece),
    async write(piece, bytes) {
      if (bytes.length > room) throw storageFull(bytes.length);
      room -= bytes.length;
      await disk.write(piece, bytes);
    },
  };
  const storage = new DiskThenMemory(small);
  expect(whole(await cacheOn(storage).files(wanted, () => undefined))).toBe(true);
  expect(storage.full).toBe(true);
  const onDisk = (await disk.list()).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(onDisk).toBeLessThan(sizes(own));
  const [stored] = await cacheOn(storage).stored();
  expect(stored).toMatchObject({ ...wanted, bytes: sizes(own), total: sizes(own) });
  await cacheOn(storage).remove(stored?.key ?? '');
  expect(await storage.list()).toEqual([]);
});

test('a manifest that was tampered with is not believed', async () => {
  const storage = new MemoryStorage();
  await cacheOn(storage).files(wanted, () => undefined);
  const manifest = (await storage.list()).find((piece) => piece.name.endsWith('.json'))?.name ?? '';
  await storage.write(manifest, new TextEncoder().encode('{"version":1}'));
  expect(await cacheOn(storage).stored()).toEqual([]);
  expect(whole(await cacheOn(storage).files(wanted, () => undefined))).toBe(true);
});
