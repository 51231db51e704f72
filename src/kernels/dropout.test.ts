// Dropout: masks that are the same everywhere, different where they should be, and of the right density.
import { expect, test } from 'vitest';
import { randomUnit } from '../tensor/random.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { type DropoutParams, dropout } from './dropout.ts';

const live = { seed: 42, step: 17 };

async function maskOf(params: DropoutParams, words: Parameters<typeof checkKernel>[3]) {
  const length = params.rows * params.size;
  const { gpu } = await checkKernel(
    dropout,
    params,
    [new Float32Array(length).fill(1), new Float32Array(length)],
    words,
  );
  return gpu[1] ?? new Float32Array();
}

test.each([
  { rows: 1, size: 1, rate: 0.5 },
  { rows: 3, size: 21, rate: 0.1 },
  { rows: 8, size: 8, rate: 0.9 },
  { rows: 5, size: 13, rate: 0 },
  { rows: 33, size: 65, rate: 0.25 },
])('$rows × $size at rate $rate is as in the reference', async ({ rows, size, rate }) => {
  const x = randomFloats(rows * size, 1);
  await checkKernel(dropout, { rows, size, stream: 3, rate }, [x, new Float32Array(rows * size)], { live });
});

test('the mask is that of the generator, element by element', async () => {
  const [rows, size, rate, stream] = [16, 63, 0.3, 9];
  const mask = await maskOf({ rows, size, stream, rate }, { live });
  const wanted = Array.from(mask, (_, i) => randomUnit(42, 17, i, stream) >= Math.fround(rate));
  expect(Array.from(mask, (value) => value !== 0)).toEqual(wanted);
});

test('a share of 1 − rate is kept, to five standard errors', async () => {
  const mask = await maskOf({ rows: 100, size: 1_000, stream: 0, rate: 0.2 }, { live });
  const kept = mask.filter((value) => value !== 0).length / mask.length;
  expect(Math.abs(kept - 0.8)).toBeLessThan(5 * Math.sqrt((0.2 * 0.8) / mask.length));
});

test('another step, seed, stream or part of an accumulated batch has another mask; the same has the same', async () => {
  const params = { rows: 10, size: 100, stream: 1, rate: 0.5 };
  const first = await maskOf(params, { live });
  expect(await maskOf(params, { live })).toEqual(first);
  expect(await maskOf(params, { live: { ...live, step: 18 } })).not.toEqual(first);
  expect(await maskOf(params, { live: { ...live, seed: 43 } })).not.toEqual(first);
  expect(await maskOf(params, { live: { ...live, micro: 1 } })).not.toEqual(first);
  expect(await maskOf({ ...params, stream: 2 }, { live })).not.toEqual(first);
});
