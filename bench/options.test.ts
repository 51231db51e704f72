// What the bench's command line refuses, before an adapter is opened.
import { expect, test } from 'vitest';
import { pieces, readBenchOptions } from './options.ts';

test.each([
  [['--wrong'], "The command line is wrong: got Unknown option '--wrong'"],
  [['product'], 'The command line is wrong: got Unexpected argument'],
  [['--only', 'product,prodcut'], '--only is wrong: got prodcut, wanted product, rows'],
  [['--only', ''], '--only is wrong: got nothing'],
  [['--turns', 'abc'], '--turns is wrong: got abc, wanted a number'],
  [['--turns', '0'], '--turns is wrong: got 0, wanted a whole number from 1 on'],
  [['--repetitions', '2.5'], '--repetitions is wrong: got 2.5, wanted a whole number from 1 on'],
])('the bench refuses %j in words', (args, words) => {
  expect(() => readBenchOptions(args)).toThrow(words);
});

test('the bench measures all of its pieces, or those that are named', () => {
  expect([...(readBenchOptions([])?.only ?? [])]).toEqual([...pieces]);
  const asked = readBenchOptions(['--only', 'rows,head', '--turns', '3', '--json', 'found.json']);
  expect(asked).toMatchObject({ turns: 3, repetitions: 20, alone: false, json: 'found.json' });
  expect([...(asked?.only ?? [])]).toEqual(['rows', 'head']);
  expect(readBenchOptions(['--help'])).toBeNull();
});
