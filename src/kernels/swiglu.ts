/** The gate of a SwiGLU layer (Shazeer, arXiv 2002.05202): silu(gate)·value. The two products before it are linear layers. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export interface SwigluParams {
  readonly length: number;
}

const workgroupSize = 64;

/** Bindings: gate, value, y [length]. */
export const swiglu: Kernel<SwigluParams> = {
  name: 'swiglu',
  sources: ['lib/grid', 'lib/math', 'nn/swiglu'],
  bindings: [
    { name: 'gate', access: 'read', dtype: 'f32' },
    { name: 'value', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize)),
  lengths: ({ length }) => [length, length, length],
  reference({ length }, buffers) {
    const [gate, value, y] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    for (let i = 0; i < length; i++) y[i] = at(gate, i) * logistic(at(gate, i)) * at(value, i);
  },
};

export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
