/** causalUnfold for one new position a sequence, over a cache of all that came before: for writing token by token. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import type { CausalUnfoldParams } from './causalUnfold.ts';

const workgroupSize = 64;

/** Bindings: x [batch, positions, width], place u32 [batch], y [batch, kernel, width]. */
export const causalUnfoldStep: Kernel<CausalUnfoldParams> = {
  name: 'causal_unfold_step',
  sources: ['lib/grid', 'nn/causal_unfold_step'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'place', access: 'read', dtype: 'u32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ batch, positions, width, kernel }) => [batch * kernel * width, positions, width, kernel],
  workgroups: ({ batch, width, kernel }) => grid(Math.ceil((batch * kernel * width) / workgroupSize)),
  lengths: ({ batch, positions, width, kernel }) => [
    batch * positions * width,
    batch,
    batch * kernel * width,
  ],
  reference({ batch, positions, width, kernel }, buffers) {
    const [x, place, y] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    for (let i = 0; i < batch * kernel * width; i++) {
      const sample = Math.floor(i / (width * kernel));
      const back = kernel - 1 - (Math.floor(i / width) % kernel);
      const from = Math.min(at(place, sample), positions - 1) - back;
      y[i] = from < 0 ? 0 : at(x, (sample * positions + from) * width + (i % width));
    }
  },
};
