import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  permutation,
  RandomStream,
  randomStream,
  randomU32,
  randomUnit,
  subSeed,
  subSeedNames,
} from './random.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('the counter generator', () => {
  test('never changes: known words stay what they are', () => {
    expect([
      randomU32(0, 0, 0, 0),
      randomU32(1, 0, 0, 0),
      randomU32(1, 2, 3, 4),
      randomU32(0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff),
    ]).toMatchInlineSnapshot(`
      [
        3694952278,
        267011988,
        1347982464,
        502460785,
      ]
    `);
  });

  test('gives a u32 for any key, and the unit is its upper 24 bits', () => {
    fc.assert(
      fc.property(u32, u32, u32, u32, (seed, step, sample, stream) => {
        const bits = randomU32(seed, step, sample, stream);
        expect(bits).toBe(bits >>> 0);
        const unit = randomUnit(seed, step, sample, stream);
        expect(unit).toBe(Math.fround(unit));
        expect(unit * 2 ** 24).toBe(bits >>> 8);
      }),
    );
  });

  test('changes about half of its bits when one bit of any key word changes', () => {
    const flips = Array.from({ length: 4 }, () => new Float64Array(32));
    const trials = 400;
    for (let t = 0; t < trials; t++) {
      for (let word = 0; word < 4; word++) {
        const key: [number, number, number, number] = [7, t, t * 3, 2];
        const before = randomU32(...key);
        key[word] = ((key[word] ?? 0) ^ (1 << (t % 32))) >>> 0;
        const change = before ^ randomU32(...key);
        for (let bit = 0; bit < 32; bit++) addTo(flips[word], bit, (change >>> bit) & 1);
      }
    }
    for (const row of flips)
      for (const count of row) expect(Math.abs(count / trials - 0.5)).toBeLessThan(0.12);
  });

  for (const [name, at] of [
    ['step', (i: number) => randomUnit(1, i, 0, 0)],
    ['sample', (i: number) => randomUnit(1, 0, i, 0)],
    ['stream', (i: number) => randomUnit(1, 0, 0, i)],
    ['seed', (i: number) => randomUnit(i, 0, 0, 0)],
  ] as const) {
    test(`counts evenly over ${name}, alone and in successive pairs`, () => {
      const n = 1 << 16;
      const cells = new Float64Array(256);
      let previous = at(n);
      for (let i = 0; i < n; i++) {
        const value = at(i);
        addTo(cells, Math.floor(previous * 16) * 16 + Math.floor(value * 16), 1);
        previous = value;
      }
      const expected = n / 256;
      const chiSquare = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // 255 degrees of freedom: mean 255, standard deviation 22.6.
      expect(chiSquare).toBeGreaterThan(255 - 5 * 22.6);
      expect(chiSquare).toBeLessThan(255 + 5 * 22.6);
    });
  }
});

describe('sub-seeds and sequences', () => {
  test('each named sub-seed of each seed is its own number', () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 500; seed++) for (const name of subSeedNames) seen.add(subSeed(seed, name));
    expect(seen.size).toBe(500 * subSeedNames.length);
  });

  test('a sequence repeats for the same seed and name, and differs for another', () => {
    const draw = (stream: RandomStream) => Array.from({ length: 20 }, () => stream.u32());
    expect(draw(randomStream(5, 'order'))).toEqual(draw(randomStream(5, 'order')));
    expect(draw(randomStream(5, 'order'))).not.toEqual(draw(randomStream(5, 'noise')));
    expect(draw(randomStream(5, 'order'))).not.toEqual(draw(randomStream(6, 'order')));
  });

  test('normals have mean 0, deviation 1 and the right tails', () => {
    const random = new RandomStream(3, 0, 0);
    const n = 100_000;
    const values = Float64Array.from({ length: n }, () => random.normal());
    const mean = values.reduce((a, b) => a + b, 0) / n;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
    const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / n;
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.003);
    expect(values.every(Number.isFinite)).toBe(true);
  });

  test('integers stay below n and reach every value', () => {
    const random = new RandomStream(4, 0, 0);
    const seen = new Set(Array.from({ length: 400 }, () => random.integer(10)));
    expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Array.from({ length: 50 }, () => random.integer(1)).every((value) => value === 0)).toBe(true);
  });
});

describe('permutation', () => {
  test('holds every index once, whatever n and seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), u32, (n, seed) => {
        expect([...permutation(n, seed)].sort((a, b) => a - b)).toEqual(
          Array.from({ length: n }, (_, i) => i),
        );
      }),
    );
  });

  test('puts each of three items first equally often', () => {
    const first = new Float64Array(3);
    for (let seed = 0; seed < 6_000; seed++) addTo(first, permutation(3, seed)[0] ?? -1, 1);
    for (const count of first) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });
});

function addTo(counts: Float64Array | undefined, at: number, amount: number): void {
  if (counts === undefined || at < 0 || at >= counts.length) throw new RangeError(`no cell ${at}`);
  counts[at] = (counts[at] ?? 0) + amount;
}
