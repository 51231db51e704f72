// Typed arrays through JSON: exact where they can be, to a known step where they are thinned.
import { expect, test } from 'vitest';
import { fromPlain, toPlain } from './plainData.ts';

const through = (value: unknown) => fromPlain(JSON.parse(JSON.stringify(toPlain(value))));

test.each([
  ['bytes', Uint8Array.of(0, 255, 7)],
  ['flags', Uint8Array.from({ length: 21 }, (_, i) => (i * i) % 2)],
  ['small counts', Uint32Array.of(0, 255, 3)],
  ['large counts', Uint32Array.of(0, 4_000_000_000)],
  ['pixels', Float32Array.from({ length: 30 }, (_, i) => (i * 8) / 255)],
  ['halves', Float32Array.of(-1.5, 1024, 2 ** -10)],
  ['floats beyond half precision', Float32Array.of(1e6, -3)],
  ['nothing', new Float32Array()],
])('%s come back as they were', (_, values) => {
  expect(through({ values })).toEqual({ values });
});

test('pictures of thousands of logits come back to a 254th of their range', () => {
  const values = Float32Array.from({ length: 5_000 }, (_, i) => 20 * Math.sin(i));
  const { logits: back } = through({ logits: values }) as { logits: Float32Array };
  expect(back).toHaveLength(5_000);
  values.forEach((value, i) => {
    expect(Math.abs((back[i] ?? Number.NaN) - value)).toBeLessThan(20 / 254 + 1e-6);
  });
});

test('of pairs whose first is 0 only the second is kept', () => {
  const values = Float32Array.from({ length: 5_000 }, (_, i) => (i % 2 === 0 ? 0 : 20 * Math.sin(i)));
  const { logits: back } = through({ logits: values }) as { logits: Float32Array };
  expect(back).toHaveLength(5_000);
  values.forEach((value, i) => {
    expect(Math.abs((back[i] ?? Number.NaN) - value)).toBeLessThan(i % 2 === 0 ? 1e-30 : 20 / 254 + 1e-6);
  });
  const size = (logits: Float32Array) => JSON.stringify(toPlain({ logits })).length;
  expect(size(values)).toBeLessThan(0.51 * size(values.map((x) => x + 1)));
});

test('thousands of measures come back to a 256th of each, whatever their sizes', () => {
  const values = Float32Array.from({ length: 5_000 }, (_, i) => Math.sin(i) * 10 ** ((i % 60) - 30));
  values.set([Number.NaN, Number.POSITIVE_INFINITY, 0, -0, 3.4e38]);
  const { values: back } = through({ values }) as { values: Float32Array };
  expect(Array.from(back.subarray(0, 4))).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0, -0]);
  values.subarray(4).forEach((value, i) => {
    expect(Math.abs((back[i + 4] ?? Number.NaN) / value - 1)).toBeLessThanOrEqual(2 ** -8);
  });
});

test('other values keep six digits', () => {
  expect(through({ a: 1.234_567_89, b: [null, true, 'x', 12] })).toEqual({
    a: 1.234_57,
    b: [null, true, 'x', 12],
  });
});
