/**
 * Dropout (Srivastava et al. 2014) whose mask is drawn anew from (seed, step, element, stream) each time it is
 * needed: the gradient is this kernel over dy. At evaluation leave the call out; there is no switch here.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { randomUnit } from '../tensor/random.ts';

export interface DropoutParams {
  readonly rows: number;
  readonly size: number;
  /** One number for each layer, so that layers draw independently. */
  readonly stream: number;
  /** Chance of an element to become 0, in [0, 1). */
  readonly rate: number;
}

const workgroupSize = 64;

/** Bindings: x [rows, size], y [rows, size]. */
export const dropout: Kernel<DropoutParams> = {
  name: 'dropout',
  sources: ['lib/live', 'lib/grid', 'lib/random', 'nn/dropout'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: ({ rate }) => ({ workgroup_size: workgroupSize, rate }),
  shape: ({ rows, size, stream }) => [rows * size, stream],
  workgroups: ({ rows, size }) => grid(Math.ceil((rows * size) / workgroupSize)),
  lengths: ({ rows, size }) => [rows * size, rows * size],
  reference({ rows, size, stream, rate }, buffers, live) {
    const [x, y] = [window(buffers, 0), window(buffers, 1)];
    const [seed, step, micro] = [live.get('seed'), live.get('step'), live.get('micro')];
    // The shader compares float32 numbers, so the rate is rounded as there.
    const threshold = Math.fround(rate);
    for (let i = 0; i < rows * size; i++) {
      const kept = randomUnit(seed, step, micro * rows * size + i, stream) >= threshold;
      y[i] = kept ? at(x, i) / (1 - rate) : 0;
    }
  },
};
