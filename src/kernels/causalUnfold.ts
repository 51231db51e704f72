/**
 * Each position of a sequence with the few before it, side by side: a causal convolution over time is this and a
 * product (ops/causalConv). Not for images, whose convolution is a kernel of its own.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface CausalUnfoldParams {
  readonly batch: number;
  readonly positions: number;
  readonly width: number;
  /** Positions that a result sees: its own and kernel − 1 before it. */
  readonly kernel: number;
}

const workgroupSize = 64;

/** Bindings: x [batch, positions, width], y [batch, positions, kernel, width]. */
export const causalUnfold: Kernel<CausalUnfoldParams> = {
  name: 'causal_unfold',
  sources: ['lib/grid', 'nn/causal_unfold'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ batch, positions, width, kernel }) => [
    batch * positions * kernel * width,
    positions,
    width,
    kernel,
  ],
  workgroups: ({ batch, positions, width, kernel }) =>
    grid(Math.ceil((batch * positions * kernel * width) / workgroupSize)),
  lengths: ({ batch, positions, width, kernel }) => {
    const length = batch * positions * width;
    return [length, length * kernel];
  },
  reference({ batch, positions, width, kernel }, buffers) {
    const [x, y] = [window(buffers, 0), window(buffers, 1)];
    for (let row = 0; row < batch * positions; row++) {
      for (let tap = 0; tap < kernel; tap++) {
        const back = kernel - 1 - tap;
        for (let c = 0; c < width; c++) {
          const value = row % positions < back ? 0 : at(x, (row - back) * width + c);
          y[(row * kernel + tap) * width + c] = value;
        }
      }
    }
  },
};
