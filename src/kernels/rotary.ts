/**
 * Rotary positions (Su et al., arXiv 2104.09864), pairs half a head apart as in Llama: queries and keys are turned by
 * their position. The gradient is the same kernel the other way round. Also home of its table of cosines and sines.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface RotaryParams {
  /** Batch times positions. */
  readonly rows: number;
  readonly heads: number;
  /** Of one head, even. */
  readonly width: number;
  /** Rows of the table. */
  readonly positions: number;
  /** Turn back: what a gradient needs. */
  readonly inverse: boolean;
  readonly accumulate: boolean;
}

const workgroupSize = 64;
export const rotaryBase = 10_000;

/** (positions, width): in each row the cosines of its position's angles, then the sines. */
export function rotaryTable(positions: number, width: number): Float32Array<ArrayBuffer> {
  const half = width / 2;
  return Float32Array.from({ length: positions * width }, (_, i) => {
    const place = i % width;
    const angle = Math.floor(i / width) * rotaryBase ** (-(place % half) / half);
    return place < half ? Math.cos(angle) : Math.sin(angle);
  });
}

/** Bindings: x [rows, heads, width], table [positions, width], y as x. Row r has the position r mod positions. */
export const rotary: Kernel<RotaryParams> = {
  name: 'rotary',
  sources: ['lib/grid', 'nn/rotary'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'table', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ inverse, accumulate }) => ({
    workgroup_size: workgroupSize,
    inverse: Number(inverse),
    accumulate: Number(accumulate),
  }),
  shape: ({ rows, heads, width, positions }) => [rows * heads * width, heads, width, positions],
  workgroups: ({ rows, heads, width }) => grid(Math.ceil((rows * heads * width) / workgroupSize)),
  lengths: ({ rows, heads, width, positions }) => {
    const length = rows * heads * width;
    return [length, positions * width, length];
  },
  reference({ rows, heads, width, positions, inverse, accumulate }, buffers) {
    const [x, table, y] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const half = width / 2;
    const put = (i: number, value: number) => {
      y[i] = accumulate ? at(y, i) + value : value;
    };
    for (let row = 0; row < rows * heads; row++) {
      const angles = (Math.floor(row / heads) % positions) * width;
      for (let i = 0; i < half; i++) {
        const [a, b] = [at(x, row * width + i), at(x, row * width + half + i)];
        const cosine = at(table, angles + i);
        const sine = at(table, angles + half + i) * (inverse ? -1 : 1);
        put(row * width + i, a * cosine - b * sine);
        put(row * width + half + i, b * cosine + a * sine);
      }
    }
  },
};
