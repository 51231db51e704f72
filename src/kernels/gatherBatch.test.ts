// A batch in one dispatch: exact moves of words from up to three tables, in planes, and zeros for rows that do not exist.
import { expect, test } from 'vitest';
import { checkKernel, type Input, randomFloats, randomInts } from './checkKernel.ts';
import { type GatheredTable, gatherBatch, gatheredLength, planeStride } from './gatherBatch.ts';

const one = (width: number): GatheredTable => ({ width, planes: 1 });
const tables: GatheredTable[][] = [
  [one(2), one(10), { width: 1, planes: 2 }],
  [one(784), { width: 16, planes: 2 }],
  [{ width: 3, planes: 3 }],
  [one(1), one(8), one(65)],
];

test.each(tables.flatMap((own) => [1, 67].map((rows) => ({ own, rows }))))(
  '$rows rows of $own.length tables are taken by their indices, and nothing else is touched',
  async ({ own, rows }) => {
    const sourceRows = 41;
    const indices = randomInts(rows, sourceRows, 5);
    if (rows > 1) indices.set([sourceRows, 4_294_967_295], 1);
    const tablesOf = [0, 1, 2].map((i) => own[i]);
    const sources = tablesOf.map((table, i) => randomFloats(gatheredLength(sourceRows, table), i + 1));
    const y: Input[] = tablesOf.map((table) => new Float32Array(gatheredLength(rows, table)).fill(9));
    const { gpu } = await checkKernel(gatherBatch, { rows, sourceRows, tables: own }, [
      indices,
      ...sources,
      ...y,
    ]);
    tablesOf.forEach((table, i) => {
      const found = gpu[4 + i] ?? new Float32Array();
      if (table === undefined) {
        expect([...found]).toEqual([9]);
        return;
      }
      const { width, planes } = table;
      for (let plane = 0; plane < planes; plane++) {
        const first = plane * planeStride(sourceRows, width);
        const wanted = [...indices].flatMap((row) =>
          row < sourceRows
            ? [...(sources[i] ?? found).subarray(first + row * width, first + (row + 1) * width)]
            : Array<number>(width).fill(0),
        );
        const at = plane * planeStride(rows, width);
        expect([...found.subarray(at, at + rows * width)]).toEqual(wanted);
      }
    });
  },
);

test('tokens, labels and flags pass as the bits they are, also those that would be a NaN as a float', async () => {
  const words = new Uint32Array([1, 0x7fc0_1234, 0xffff_ffff, 0]);
  const params = { rows: 4, sourceRows: 4, tables: [one(1), one(1), one(1)] };
  const bindings = gatherBatch.bindings.map((binding) => ({ ...binding, dtype: 'u32' as const }));
  const y = [0, 1, 2].map(() => new Uint32Array(4));
  const indices = new Uint32Array([3, 2, 1, 0]);
  const { gpu } = await checkKernel({ ...gatherBatch, bindings }, params, [
    indices,
    words,
    words,
    words,
    ...y,
  ]);
  for (const found of gpu.slice(4)) expect(found).toEqual(Float32Array.from(words.toReversed()));
});
