/** Adds a learned vector to each position of a sequence. Not rotary positions, which turn queries and keys. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface AddPositionsParams {
  /** Batch times positions. */
  readonly rows: number;
  readonly positions: number;
  readonly width: number;
}

const workgroupSize = 64;

/** Bindings: x [rows, width], p [positions, width], y as x. */
export const addPositions: Kernel<AddPositionsParams> = {
  name: 'add_positions',
  sources: ['lib/grid', 'nn/add_positions'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'p', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ rows, positions, width }) => [rows * width, positions * width],
  workgroups: ({ rows, width }) => grid(Math.ceil((rows * width) / workgroupSize)),
  lengths: ({ rows, positions, width }) => [rows * width, positions * width, rows * width],
  reference({ rows, positions, width }, buffers) {
    const [x, p, y] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    for (let i = 0; i < rows * width; i++) y[i] = at(x, i) + at(p, i % (positions * width));
  },
};
