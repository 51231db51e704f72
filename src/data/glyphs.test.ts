import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildSplit } from './dataset.ts';
import { splitFingerprint } from './fingerprint.ts';
import { glyphTask } from './glyphs.ts';
import { sampleSize, streams } from './task.ts';

const u32 = fc.nat(0xffff_ffff);

describe.each([16, 28] as const)('glyphs of %i pixels', (size) => {
  const task = glyphTask(size);
  const n = size * size;

  test('have the shape and the id that they say', () => {
    expect(task.id).toBe(`glyphs-${size}`);
    expect(sampleSize(task.inputShape)).toBe(n);
    expect(task.classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  test('depend on seed, stream and index alone, not on what was drawn before', () => {
    fc.assert(
      fc.property(u32, fc.nat(8), u32, (seed, stream, index) => {
        const [one, two] = [new Float32Array(n), new Float32Array(2 * n)];
        const label = task.sample(seed, stream, index, one, 0);
        task.sample(seed, stream, index ^ 1, two, 0);
        expect(glyphTask(size).sample(seed, stream, index, two, n)).toBe(label);
        expect(two.subarray(n)).toEqual(one);
        expect(two.subarray(0, n)).not.toEqual(one);
      }),
      { numRuns: 40 },
    );
  });

  test('are multiples of 1/255 from 0 to 1, with some ink and more ground', () => {
    const sample = new Float32Array(n);
    for (let index = 0; index < 300; index++) {
      task.sample(3, 4, index, sample, 0);
      expect(sample.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(sample.every((value) => Math.fround(Math.round(value * 255) / 255) === value)).toBe(true);
      const ink = sample.filter((value) => value > 0.35).length / n;
      expect(ink).toBeGreaterThan(0.01);
      expect(ink).toBeLessThan(0.6);
    }
  });
});

test('classes are about equally frequent', () => {
  const { trueLabels } = buildSplit(glyphTask(16), { dataSeed: 1, seed: 1, stream: streams.test, n: 4_000 });
  for (let digit = 0; digit < 10; digit++) {
    const count = trueLabels.filter((label) => label === digit).length;
    // Binomial: mean 400, standard deviation 19.
    expect(Math.abs(count - 400)).toBeLessThan(95);
  }
});

test('the same index is the same drawing at both sizes', () => {
  const [small, large] = [new Float32Array(256), new Float32Array(784)];
  for (let index = 0; index < 50; index++) {
    expect(glyphTask(16).sample(1, 3, index, small, 0)).toBe(glyphTask(28).sample(1, 3, index, large, 0));
    const [a, b] = [centre(small, 16), centre(large, 28)];
    expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeLessThan(0.03);
  }
});

test('never change: a teacher and its answers belong to these very pixels', () => {
  const print = (size: 16 | 28) =>
    splitFingerprint(buildSplit(glyphTask(size), { dataSeed: 1, seed: 1, stream: streams.test, n: 200 }));
  expect([print(16), print(28)]).toMatchInlineSnapshot(`
    [
      "b305bb95d795358f",
      "12a0cd11698da6ba",
    ]
  `);
});

test('the nearest mean image tells most digits apart, and mistakes some: neither trivial nor noise', () => {
  const task = glyphTask(16);
  const train = buildSplit(task, { dataSeed: 1, seed: 1, stream: streams.teacherTrain, n: 4_000 });
  const held = buildSplit(task, { dataSeed: 1, seed: 1, stream: streams.test, n: 1_000 });
  const means = Array.from({ length: 10 }, () => new Float64Array(257));
  for (let row = 0; row < train.n; row++) {
    const mean = means[train.trueLabels[row] ?? 0] ?? new Float64Array(257);
    for (let i = 0; i < 256; i++) mean[i] = (mean[i] ?? 0) + (train.inputs[256 * row + i] ?? 0);
    mean[256] = (mean[256] ?? 0) + 1;
  }
  let right = 0;
  for (let row = 0; row < held.n; row++) {
    const image = held.inputs.subarray(256 * row, 256 * row + 256);
    const distances = means.map((mean) =>
      image.reduce((sum, value, i) => sum + (value - (mean[i] ?? 0) / (mean[256] ?? 1)) ** 2, 0),
    );
    if (distances.indexOf(Math.min(...distances)) === held.trueLabels[row]) right += 1;
  }
  expect(right / held.n).toBeGreaterThan(0.6);
  expect(right / held.n).toBeLessThan(0.9);
});

/** Centre of the ink, in shares of the picture. */
function centre(image: Float32Array, size: number): { x: number; y: number } {
  let [sum, x, y] = [0, 0, 0];
  for (const [at, value] of image.entries()) {
    if (value < 0.3) continue;
    sum += value;
    x += (value * ((at % size) + 0.5)) / size;
    y += (value * (Math.floor(at / size) + 0.5)) / size;
  }
  return { x: x / sum, y: y / sum };
}
