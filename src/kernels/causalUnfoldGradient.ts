/** The gradient of causalUnfold: each position gathers what it gave to itself and to the few after it. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import type { CausalUnfoldParams } from './causalUnfold.ts';

export interface CausalUnfoldGradientParams extends CausalUnfoldParams {
  /** Add to dx in place of replacing it. */
  readonly accumulate: boolean;
}

const workgroupSize = 64;

/** Bindings: dy [batch, positions, kernel, width], dx [batch, positions, width]. */
export const causalUnfoldGradient: Kernel<CausalUnfoldGradientParams> = {
  name: 'causal_unfold_gradient',
  sources: ['lib/grid', 'nn/causal_unfold_gradient'],
  bindings: [
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'dx', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ accumulate }) => ({ workgroup_size: workgroupSize, accumulate: Number(accumulate) }),
  shape: ({ batch, positions, width, kernel }) => [batch * positions * width, positions, width, kernel],
  workgroups: ({ batch, positions, width }) => grid(Math.ceil((batch * positions * width) / workgroupSize)),
  lengths: ({ batch, positions, width, kernel }) => {
    const length = batch * positions * width;
    return [length * kernel, length];
  },
  reference({ batch, positions, width, kernel, accumulate }, buffers) {
    const [dy, dx] = [window(buffers, 0), window(buffers, 1)];
    if (!accumulate) dx.fill(0, 0, batch * positions * width);
    for (let row = 0; row < batch * positions; row++) {
      for (let tap = 0; tap < kernel; tap++) {
        const back = kernel - 1 - tap;
        if (row % positions < back) continue;
        for (let c = 0; c < width; c++) {
          const to = (row - back) * width + c;
          dx[to] = at(dx, to) + at(dy, (row * kernel + tap) * width + c);
        }
      }
    }
  },
};
