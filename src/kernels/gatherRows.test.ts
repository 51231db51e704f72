// Rows picked by index: exact moves of words, and zeros for rows that do not exist.
import { expect, test } from 'vitest';
import { call } from '../tensor/program.ts';
import { checkKernel, randomFloats, randomInts, testExecutor } from './checkKernel.ts';
import { gatherRows } from './gatherRows.ts';

test.each([
  [1, 1, 1],
  [7, 1, 3],
  [5, 13, 9],
  [64, 64, 31],
  [3, 65, 200],
])('%i rows of %i are taken from %i by their indices', async (rows, size, sourceRows) => {
  const indices = randomInts(rows, sourceRows, 5);
  const source = randomFloats(sourceRows * size, 6);
  const y = new Float32Array(rows * size).fill(9);
  const { gpu } = await checkKernel(gatherRows, { rows, size, sourceRows }, [indices, source, y]);
  const wanted = Array.from(indices).flatMap((row) => [...source.subarray(row * size, (row + 1) * size)]);
  expect([...(gpu[2] ?? [])]).toEqual(wanted);
});

test('an index past the last row gives zeros', async () => {
  const indices = new Uint32Array([2, 0, 4_294_967_295, 1]);
  const source = new Float32Array([1, 2, 3, 4]);
  const params = { rows: 4, size: 2, sourceRows: 2 };
  const { gpu } = await checkKernel(gatherRows, params, [indices, source, new Float32Array(8).fill(9)]);
  expect([...(gpu[2] ?? [])]).toEqual([0, 0, 1, 2, 0, 0, 3, 4]);
});

test('labels and flags pass as the bits they are, also those that would be a NaN as a float', async () => {
  const executor = await testExecutor();
  const labels = new Uint32Array([1, 0x7fc0_1234, 0xffff_ffff, 0]);
  const slots = ['indices', 'source', 'y'].map((name) => ({ name, dtype: 'u32' as const, length: 4 }));
  const windows = slots.map(({ name }) => ({ slot: name, offset: 0, length: 4 }));
  const program = {
    name: 'gather',
    slots,
    calls: [call(gatherRows, { rows: 4, size: 1, sourceRows: 4 }, windows)],
  };
  const storages = slots.map(({ name }) => executor.allocate(name, 'u32', 4));
  const [indices, source, y] = storages;
  if (indices === undefined || source === undefined || y === undefined) throw new Error('three storages');
  executor.write(indices, new Uint32Array([3, 2, 1, 0]));
  executor.write(source, labels);
  await executor.prepare([program]);
  const placements = new Map(storages.map((storage) => [storage.label, { storage }]));
  executor.run([executor.bind(program, placements)]);
  expect(await executor.readWords(y)).toEqual(labels.toReversed());
  for (const storage of storages) storage.dispose();
});
