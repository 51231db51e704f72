import { describe, expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import { decodeTop, encodeTop, topRowBytes } from './topAnswers.ts';

function randomLogits(rows: number, classes: number): Float32Array<ArrayBuffer> {
  const random = new RandomStream(3, rows, classes);
  return Float32Array.from({ length: rows * classes }, () => 4 * random.normal());
}

function softmax(row: Float32Array): number[] {
  const largest = Math.max(...row);
  const weights = [...row].map((x) => Math.exp(x - largest));
  const total = weights.reduce((sum, x) => sum + x, 0);
  return weights.map((x) => x / total);
}

describe('the largest answers of a row', () => {
  for (const [classes, k] of [
    [50, 8],
    [300, 16],
    [70_000, 4],
  ] as const) {
    test(`of ${classes}: the ${k} largest keep their probability, and the rest together its mass`, () => {
      const logits = randomLogits(9, classes);
      const bytes = encodeTop(logits, classes, k);
      expect(bytes.length).toBe(9 * topRowBytes(classes, k));
      const found = decodeTop(bytes, 9, classes, k);
      for (let row = 0; row < 9; row++) {
        const of = (all: Float32Array) => softmax(all.subarray(row * classes, (row + 1) * classes));
        const [before, after] = [of(logits), of(found)];
        const top = Array.from(before.keys())
          .sort((a, b) => (before[b] ?? 0) - (before[a] ?? 0))
          .slice(0, k);
        for (const id of top) expect(after[id]).toBeCloseTo(before[id] ?? 0, 2);
        const rest = (all: readonly number[]) =>
          all.reduce((sum, p, id) => (top.includes(id) ? sum : sum + p), 0);
        expect(rest(after)).toBeCloseTo(rest(before), 2);
      }
    });
  }

  test('bytes of another count are refused', () => {
    expect(() => decodeTop(new Uint8Array(7), 1, 50, 8)).toThrow(RangeError);
    expect(() => encodeTop(new Float32Array(50), 50, 50)).toThrow(RangeError);
  });
});
