/** The gradients of a SwiGLU gate with respect to both of its operands, in one dispatch. Both are replaced. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { logistic, type SwigluParams } from './swiglu.ts';

const workgroupSize = 64;

/** Bindings: gate, value, dy, dgate, dvalue [length]. */
export const swigluGradient: Kernel<SwigluParams> = {
  name: 'swiglu_gradient',
  sources: ['lib/grid', 'lib/math', 'nn/swiglu_gradient'],
  bindings: [
    { name: 'gate', access: 'read', dtype: 'f32' },
    { name: 'value', access: 'read', dtype: 'f32' },
    { name: 'dy', access: 'read', dtype: 'f32' },
    { name: 'dgate', access: 'read_write', dtype: 'f32' },
    { name: 'dvalue', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: () => ({ workgroup_size: workgroupSize }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize)),
  lengths: ({ length }) => [length, length, length, length, length],
  reference({ length }, buffers) {
    const [gate, value, dy] = [window(buffers, 0), window(buffers, 1), window(buffers, 2)];
    const [dgate, dvalue] = [window(buffers, 3), window(buffers, 4)];
    for (let i = 0; i < length; i++) {
      const [x, s] = [at(gate, i), logistic(at(gate, i))];
      dvalue[i] = at(dy, i) * x * s;
      dgate[i] = at(dy, i) * at(value, i) * s * (1 + x * logistic(-x));
    }
  },
};
