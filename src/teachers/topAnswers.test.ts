import { describe, expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import { decodeTop, denseOf, encodeTop, largestOf, samplesOf, topRowBytes } from './topAnswers.ts';

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
      const kept = largestOf(logits, classes, k);
      const bytes = encodeTop(kept);
      expect(bytes.length).toBe(9 * topRowBytes(classes, k));
      expect(decodeTop(bytes, 9, classes, k)).toEqual(kept);
      const found = denseOf(kept);
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
    expect(() => largestOf(new Float32Array(50), 50, 50)).toThrow(RangeError);
  });

  test('a row that names a class twice, or one that there is not, is refused', () => {
    const bytes = encodeTop(largestOf(randomLogits(2, 50), 50, 3));
    const [first = 0, second = 0] = bytes.subarray(16);
    const named = (at: number, id: number) =>
      decodeTop(
        Uint8Array.from(bytes, (b, i) => (i === at ? id : b)),
        2,
        50,
        3,
      );
    expect(named(16, first)).toMatchObject({ k: 3 });
    expect(() => named(16, second)).toThrow(/in row 0/);
    expect(() => named(21, 50)).toThrow(/class 50 in row 1/);
  });

  test('of equal logits the first classes are kept, and cutting what was cut changes nothing', () => {
    const logits = Float32Array.of(2, 7, 7, 2, 7, 0, 7, 2);
    const kept = largestOf(logits, 8, 3);
    expect([...kept.ids]).toEqual([1, 2, 4]);
    expect(largestOf(kept, 8, 3)).toBe(kept);
    expect(denseOf(largestOf(kept, 8, 2))).toEqual(denseOf(largestOf(denseOf(kept), 8, 2)));
  });

  test('samples are picked with all of their rows', () => {
    const logits = randomLogits(6, 20);
    const kept = largestOf(logits, 20, 4);
    const samples = Uint32Array.of(2, 0, 2);
    const [top, dense] = [samplesOf(kept, 20, 2, samples), samplesOf(denseOf(kept), 20, 2, samples)];
    if (top === null || dense === null) throw new Error('there are three samples');
    expect(denseOf(top)).toEqual(dense);
    expect(samplesOf(kept, 20, 2, Uint32Array.of(3))).toBeNull();
  });
});
