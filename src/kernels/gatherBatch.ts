/**
 * Rows of up to three tables by the same indices in one dispatch: a whole batch, where a dispatch each would cost more than
 * the copying. Three, because then it needs no more bindings than every device has. Words pass as bits.
 */
import { at, grid, type Kernel, type Numbers, window } from '../tensor/kernel.ts';
import { aligned } from '../tensor/program.ts';

export interface GatheredTable {
  /** Words of a row. */
  readonly width: number;
  /** Tables of the same width, one after the other, each from an aligned place; usually 1. */
  readonly planes: number;
}

export interface GatherBatchParams {
  readonly rows: number;
  readonly sourceRows: number;
  /** At most `mostGathered`. */
  readonly tables: readonly GatheredTable[];
}

/** Tables in one dispatch. */
export const mostGathered = 3;

const workgroupSize = 64;
const slots = [0, 1, 2] as const;

/**
 * Bindings: indices u32 [rows]; three sources [planes, sourceRows, width]; three y [planes, rows, width]. Of tables that are
 * not there one element is bound, and not touched. An index past the end gives zeros, and so does what lies between planes.
 */
export const gatherBatch: Kernel<GatherBatchParams> = {
  name: 'gather_batch',
  sources: ['lib/grid', 'tensor/gather_batch'],
  bindings: [
    { name: 'indices', access: 'read', dtype: 'u32' },
    { name: 'first_source', access: 'read', dtype: 'f32' },
    { name: 'second_source', access: 'read', dtype: 'f32' },
    { name: 'third_source', access: 'read', dtype: 'f32' },
    { name: 'first_y', access: 'read_write', dtype: 'f32' },
    { name: 'second_y', access: 'read_write', dtype: 'f32' },
    { name: 'third_y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: (params) => {
    const { rows, sourceRows, tables } = params;
    const words = slots.flatMap((slot) => {
      const { width } = tables[slot] ?? { width: 4 };
      return [width, planeStride(sourceRows, width), planeStride(rows, width), vectorsOf(params, slot)];
    });
    return [rows, sourceRows, 0, 0, ...words];
  },
  workgroups: (params) =>
    grid(Math.ceil(slots.reduce<number>((sum, slot) => sum + vectorsOf(params, slot), 0) / workgroupSize)),
  lengths: ({ rows, sourceRows, tables }) => [
    rows,
    ...slots.map((slot) => gatheredLength(sourceRows, tables[slot])),
    ...slots.map((slot) => gatheredLength(rows, tables[slot])),
  ],
  reference({ rows, sourceRows, tables }, buffers) {
    const indices = window(buffers, 0);
    tables.forEach((table, i) => {
      gather(table, rows, sourceRows, indices, window(buffers, 1 + i), window(buffers, 4 + i));
    });
  },
};

/** Elements between the beginnings of two planes. */
export function planeStride(rows: number, width: number): number {
  return aligned(rows * width);
}

/** Elements of a table with so many rows. */
export function gatheredLength(rows: number, table: GatheredTable | undefined): number {
  if (table === undefined) return 1;
  return (table.planes - 1) * planeStride(rows, table.width) + rows * table.width;
}

function vectorsOf({ rows, tables }: GatherBatchParams, slot: number): number {
  const table = tables[slot];
  return table === undefined ? 0 : Math.ceil(gatheredLength(rows, table) / 4);
}

function gather(
  { width, planes }: GatheredTable,
  rows: number,
  sourceRows: number,
  indices: Numbers,
  source: Numbers,
  y: Numbers,
): void {
  const [from, to] = [planeStride(sourceRows, width), planeStride(rows, width)];
  y.fill(0);
  for (let plane = 0; plane < planes; plane++)
    for (let r = 0; r < rows; r++) {
      const row = at(indices, r);
      if (row >= sourceRows) continue;
      for (let c = 0; c < width; c++)
        y[plane * to + r * width + c] = at(source, plane * from + row * width + c);
    }
}
