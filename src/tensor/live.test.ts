// The live window and its struct in WGSL are twins: same fields, same types, same words.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LiveBlock, LiveWindow, liveFields, liveWords } from './live.ts';

/** Fields of the struct with the word at which each begins; a vec4f is four fields, four of them sixteen. */
function shaderFields(): { name: string; type: string; word: number }[] {
  const text = readFileSync(new URL('../../shaders/lib/live.wgsl', import.meta.url), 'utf8');
  const body = /struct Live \{([^}]*)\}/.exec(text)?.[1] ?? '';
  let word = 0;
  return [...body.matchAll(/(\w+): (u32|f32|vec4f|array<vec4f, 4>),/g)].flatMap(
    ([, name = '', type = '']) => {
      if (!type.includes('vec4f')) return [{ name: camel(name), type, word: word++ }];
      const length = type === 'vec4f' ? 4 : 16;
      return Array.from({ length }, (_, i) => ({ name: `${camel(name)}${i}`, type: 'f32', word: word++ }));
    },
  );
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

test('the struct in WGSL has every field of the TypeScript layout at the same word and no other', () => {
  expect(shaderFields()).toEqual(liveFields());
});

test('four-vectors begin at multiples of four words, as uniform layout demands', () => {
  for (const field of liveFields()) if (/^term\D+0$/.test(field.name)) expect(field.word % 4).toBe(0);
});

test('what one arm is told does not reach another', () => {
  const block = new LiveBlock(3);
  block.set(1, 'learningRate', 0.25);
  block.set(1, 'seed', 0xffff_ffff);
  block.setTerm(1, 3, 2, [0.5, 8]);
  const windows = [0, 1, 2].map(
    (arm) => new LiveWindow(block.words.subarray(arm * liveWords, (arm + 1) * liveWords)),
  );
  expect(windows.map((window) => window.get('learningRate'))).toEqual([0, 0.25, 0]);
  expect(windows.map((window) => window.get('seed'))).toEqual([0, 0xffff_ffff, 0]);
  expect(windows.map((window) => window.termWeight(3))).toEqual([0, 2, 0]);
  expect(windows.map((window) => window.termParams(3))).toEqual([
    [0, 0, 0, 0],
    [0.5, 8, 0, 0],
    [0, 0, 0, 0],
  ]);
});

test('a fifth term is refused, and a fifth parameter', () => {
  expect(() => new LiveBlock(1).setTerm(0, 4, 1)).toThrow(RangeError);
  expect(() => new LiveBlock(1).setTerm(0, 0, 1, [1, 2, 3, 4, 5])).toThrow(RangeError);
});
