// What the command line refuses, before anything runs: in four parts, and with a remedy.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { fileGiven, folderFor, textOf } from './commandLine.ts';
import { readOptions } from './distillOptions.ts';
import { readLossOptions, readLossRows } from './lossOptions.ts';

test.each([
  [
    ['--seed', '-1'],
    '--seed is wrong: got a value that begins with a dash, wanted it after =, as in --seed=-1',
  ],
  [['--nonsense'], "got Unknown option '--nonsense', wanted options that there are"],
  [['stray'], "got Unexpected argument 'stray', wanted options that there are"],
  [['--steps', 'abc'], '--steps is wrong: got abc, wanted a number'],
  [['--steps', '2.5'], 'training.steps: got 2.5, wanted a whole number from 1 to 1000000'],
  [['--set', 'objective.temperature=-1'], 'got -1, wanted 0.01 to 1000'],
  [['--seeds', ''], '--seeds is wrong: got nothing'],
  [['--seeds', '1,1'], '--seeds is wrong: got 1,1'],
  [['--seeds', '1..1000000000'], 'at most 1000 different seeds'],
  [['--seeds', '4294967296'], '--seeds is wrong'],
  [['--seed', '1', '--seeds', '1..2'], '--seed is wrong: got it beside --seeds'],
  [['--scale', '0.1,0.3'], '--scale is wrong: got it alone, wanted it beside --images or --labels'],
  [['--weights', '1,2'], '--weights is wrong: got it alone'],
  [['--tokens', 'byte'], '--tokens is wrong: got it alone, wanted it beside --text'],
  [['--teachers', 'glyphs-mlp,nobody'], 'got nobody, wanted stories-transformer, moons-mlp'],
  [['--teachers', 'glyphs-mlp,moons-mlp', '--weights', '1'], 'got 1 weights, wanted 2'],
  [['--spec', '/no/such/file'], 'The file after --spec cannot be read: got /no/such/file (it is not there)'],
])('distill refuses %j in words', (args, words) => {
  expect(() => readOptions(args)).toThrow(words);
});

test('good seeds are taken as they are written', () => {
  const seedsOf = (text: string) => {
    const request = readOptions(['--seeds', text]);
    return request.kind === 'run' ? request.options.seeds : [];
  };
  expect(seedsOf('2..4')).toEqual([2, 3, 4]);
  expect(seedsOf('9, 4294967295')).toEqual([9, 4294967295]);
});

test('a place that is a file is no folder, and a folder no file', () => {
  const folder = mkdtempSync(`${tmpdir()}/stillroom-`);
  writeFileSync(`${folder}/taken`, '');
  expect(() => folderFor('--out', `${folder}/taken`)).toThrow(/--out cannot be made: got .*\(it is a file\)/);
  expect(() => folderFor('--out', `${folder}/taken/below`)).toThrow(/a part of the path is a file/);
  expect(() => fileGiven('--text', folder)).toThrow(/after --text cannot be read: got .*\(it is a folder\)/);
  folderFor('--out', `${folder}/a/b`);
});

test('a stream that comes in pieces is one text, characters that were cut in two included', async () => {
  const bytes = new TextEncoder().encode('{"β": [1, −2]}');
  async function* slowly() {
    for (const byte of bytes) {
      await Promise.resolve();
      yield Uint8Array.of(byte);
    }
  }
  expect(await textOf(slowly())).toBe('{"β": [1, −2]}');
});

test.each([
  [['formula', '--formula', 'sum(p*log(p/q))', '--set', 'beta=1'], 'a parameter that the formula declares'],
  [['formula', '--formula', 'param b = 0.5 in 0..1\nb*sum(q)', '--set', 'b=2'], 'got 2, wanted 0 to 1'],
  [[], 'The loss is wrong: got nothing'],
  [['nothing'], ', or formula'],
  [['ce', '--check', '--as', 'trl'], '--as is wrong: got it beside --check'],
])('loss refuses %j in words', (args, words) => {
  expect(() => readLossOptions(args)).toThrow(words);
});

test.each([
  [
    '{"student":[[1,2]],"teacher":[[1,2]],"lables":[1]}',
    'wrong at lables: got "lables", wanted no such field',
  ],
  ['{"student":[[1e39,2]],"teacher":[[1,2]]}', 'student.0.0: got 1e+39, wanted a number that float32 holds'],
  ['{"student":[[1e400,2]],"teacher":[[1,2]]}', 'student.0.0: got Infinity, wanted a finite number'],
  ['{"student":[[1,2]],"teacher":[[null,null]]}', 'a row without any class at teacher.0'],
  ['{}', 'wrong at student: got nothing, wanted this field'],
])('rows such as %s are refused in words', (json, words) => {
  expect(() => readLossRows(json)).toThrow(words);
});

test('a loss is checked with its parameters, and a formula with those that it declares', () => {
  expect(readLossOptions(['jsd', '--beta', '.3', '--check'])).toEqual({
    kind: 'check',
    loss: { id: 'jsd', parameters: { beta: 0.3 } },
  });
  const formula = 'param b = 0.5 in 0..1\nb*sum(q)';
  expect(readLossOptions(['formula', '--formula', formula, '--set', 'b=1', '--check'])).toEqual({
    kind: 'check',
    loss: { id: 'formula', parameters: { b: 1 }, formula },
  });
});
