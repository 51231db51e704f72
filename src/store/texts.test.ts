/** What is drawn of a text: strengths of lines, and distributions that add up at every temperature. */
import { describe, expect, test } from 'vitest';
import { restHeaps, type TextPicture, type TokenRows } from '../protocol/texts.ts';
import { strengthOf, tokenScene, underlined, underlineOf } from './texts.ts';

/** Two positions, three tokens by name, and at the first a heap of ten others whose logits are all 0. */
function rows(logits: readonly number[], divergence: readonly number[] = []): TokenRows {
  const rest = new Float32Array(2 * restHeaps * 2);
  rest.set([10, 0]);
  return {
    logits: Float32Array.from(logits),
    rest,
    surprise: Float32Array.of(0.3, 6),
    divergence: Float32Array.from(divergence),
  };
}

const picture: TextPicture = {
  ...{ text: 0, texts: 1, entropy: null },
  inputs: Uint32Array.of(0, 7),
  labels: Uint32Array.of(7, 2),
  shown: Uint32Array.of(7, 4, 9, 2, 4, 9),
  teacher: rows([1, 3, 2, 0, 0, 0]),
  arms: [rows([0, 0, 0, 0, 0, 0], [0.005, 0.3])],
};

describe('a text', () => {
  test('is underlined by divergence where there is a teacher, else by surprise, each in its own steps', () => {
    expect(underlineOf(picture)).toBe('divergence');
    expect([...underlined(picture, 0)].map((value) => strengthOf(value, 'divergence'))).toEqual([0, 3]);
    const alone = { ...picture, teacher: null };
    expect(underlineOf(alone)).toBe('surprise');
    expect([...underlined(alone, 0)].map((value) => strengthOf(value, 'surprise'))).toEqual([1, 4]);
    expect(underlined(picture, 3).length).toBe(0);
  });

  test('has distributions that add up, in the order of the teacher', () => {
    for (const temperature of [0.5, 1, 8]) {
      const scene = tokenScene(picture, 0, temperature);
      expect(scene).toMatchObject({ label: 7, tokens: [4, 9, 7], others: 10 });
      for (const one of [scene?.teacher, ...(scene?.arms ?? [])])
        expect((one?.shown.reduce((sum, p) => sum + p, 0) ?? 0) + (one?.rest ?? 0)).toBeCloseTo(1, 12);
    }
  });

  test('of equal logits spreads evenly over the whole vocabulary, and sharper where it is colder', () => {
    const scene = tokenScene(picture, 0, 1);
    expect(scene?.arms[0]?.rest).toBeCloseTo(10 / 13, 12);
    expect(scene?.arms[0]?.spread).toBeCloseTo(13, 9);
    expect(tokenScene(picture, 0, 0.5)?.teacher?.spread).toBeLessThan(scene?.teacher?.spread ?? 0);
  });

  test('has nothing beyond its end', () => {
    expect(tokenScene(picture, 2, 1)).toBeNull();
    expect(tokenScene(picture, 1, 1)?.others).toBe(0);
  });
});
