// Rows put to places by index: exact moves of words, and nothing for places that do not exist.
import { expect, test } from 'vitest';
import { permutation } from '../tensor/random.ts';
import { checkKernel, randomFloats } from './checkKernel.ts';
import { scatterRows } from './scatterRows.ts';

test.each([
  [1, 1, 1],
  [5, 13, 9],
  [63, 65, 64],
  [200, 3, 200],
])('%i rows of %i reach their places among %i, and other rows stay', async (rows, size, targetRows) => {
  const indices = permutation(targetRows, 7).slice(0, rows);
  const [x, before] = [randomFloats(rows * size, 8), randomFloats(targetRows * size, 9)];
  const { gpu } = await checkKernel(scatterRows, { rows, size, targetRows }, [indices, x, before]);
  const wanted = before.slice();
  indices.forEach((to, r) => {
    wanted.set(x.subarray(r * size, (r + 1) * size), to * size);
  });
  expect(gpu[2]).toEqual(wanted);
});

test('a row whose index is past the last target row is left out', async () => {
  const indices = new Uint32Array([1, 3, 4_294_967_295]);
  const x = new Float32Array([1, 2, 3, 4, 5, 6]);
  const params = { rows: 3, size: 2, targetRows: 3 };
  const { gpu } = await checkKernel(scatterRows, params, [indices, x, new Float32Array(6)]);
  expect([...(gpu[2] ?? [])]).toEqual([0, 0, 1, 2, 0, 0]);
});
