import { describe, expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import { decodeTop, denseOf, encodeTop, largestOf } from './topAnswers.ts';
import { topCosts } from './topCost.ts';

function randomLogits(rows: number, classes: number): Float32Array<ArrayBuffer> {
  const random = new RandomStream(5, rows, classes);
  return Float32Array.from({ length: rows * classes }, () => 4 * random.normal());
}

function softmax(row: Float32Array): number[] {
  const largest = Math.max(...row);
  const weights = Array.from(row, (z) => Math.exp(z - largest));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

const divergence = (p: readonly number[], q: readonly number[]) =>
  p.reduce((sum, value, i) => sum + (value === 0 ? 0 : value * Math.log(value / (q[i] ?? 0))), 0);

describe('what the largest answers alone cost', () => {
  test('is the divergence of what comes back from bytes, up to their rounding', () => {
    const [rows, classes, k] = [7, 300, 16];
    const logits = randomLogits(rows, classes);
    const back = denseOf(decodeTop(encodeTop(largestOf(logits, classes, k)), rows, classes, k));
    let [tail, renormalised] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const of = (all: Float32Array) => softmax(all.subarray(row * classes, (row + 1) * classes));
      const [dense, kept] = [of(logits), of(back)];
      tail += divergence(dense, kept) / rows;
      const threshold = [...dense].sort((a, b) => b - a)[k - 1] ?? 0;
      const cut = dense.map((p) => (p >= threshold ? p : 0));
      const mass = cut.reduce((sum, p) => sum + p, 0);
      const scaled = cut.map((p) => p / mass);
      renormalised += divergence(scaled, dense) / rows;
    }
    const [cost] = topCosts(logits, classes, [k]);
    expect(cost?.tail).toBeCloseTo(tail, 3);
    expect(cost?.renormalised).toBeCloseTo(renormalised, 9);
  });

  test('falls with k, is nothing where the rest is even, and is told for k below the classes alone', () => {
    const costs = topCosts(randomLogits(5, 64), 64, [1, 4, 16, 63, 64, 100]);
    expect(costs.map(({ k }) => k)).toEqual([1, 4, 16, 63]);
    for (const [i, cost] of costs.entries()) {
      const before = costs[i - 1];
      if (before === undefined) continue;
      expect(cost.tail).toBeLessThanOrEqual(before.tail);
      expect(cost.renormalised).toBeLessThan(before.renormalised);
      expect(cost.mass).toBeGreaterThan(before.mass);
      expect(cost.bytes).toBeGreaterThan(before.bytes);
    }
    // One class is left: it is spread evenly by itself.
    expect(costs.at(-1)?.tail).toBe(0);
    const even = new Float32Array(40).fill(-2);
    even[3] = 5;
    expect(topCosts(even, 40, [1])[0]?.tail).toBeCloseTo(0, 12);
  });

  test('a vocabulary beyond two bytes keeps its ids whole', () => {
    const [classes, k] = [70_000, 4];
    const logits = new Float32Array(classes).fill(-9);
    for (const [i, id] of [69_999, 65_536, 12, 65_535].entries()) logits[id] = 8 - i;
    const back = denseOf(decodeTop(encodeTop(largestOf(logits, classes, k)), 1, classes, k));
    expect([69_999, 65_536, 12, 65_535].map((id) => back[id])).toEqual([8, 7, 6, 5]);
    expect(back[0]).toBeCloseTo(-9, 2);
  });
});
