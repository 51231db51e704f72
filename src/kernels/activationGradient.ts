/** The derivative of an activation applied to a gradient, in place. Not the activation itself. */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';
import { type ActivationKind, type ActivationParams, activationKinds, normalCdf } from './activation.ts';

const workgroupSize = 64;

/** Bindings: saved [length] (the result for relu and tanh, the input for gelu), d [length], which is dy and becomes dx. */
export const activationGradient: Kernel<ActivationParams> = {
  name: 'activation_gradient',
  sources: ['lib/grid', 'lib/math', 'nn/activation_gradient'],
  bindings: [
    { name: 'saved', access: 'read', dtype: 'f32' },
    { name: 'd', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ kind }) => ({ workgroup_size: workgroupSize, kind: activationKinds.indexOf(kind) }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize)),
  lengths: ({ length }) => [length, length],
  reference({ length, kind }, buffers) {
    const [saved, d] = [window(buffers, 0), window(buffers, 1)];
    for (let i = 0; i < length; i++) d[i] = at(d, i) * activationSlope(kind, at(saved, i));
  },
};

/** The derivative, from the result y of relu and tanh, from the input x of gelu. */
function activationSlope(kind: ActivationKind, saved: number): number {
  switch (kind) {
    case 'relu':
      return saved > 0 ? 1 : 0;
    case 'tanh':
      return (1 - saved) * (1 + saved);
    case 'gelu':
      return normalCdf(saved) + (saved * Math.exp((-saved * saved) / 2)) / Math.sqrt(2 * Math.PI);
  }
}

/** What a kernel that makes a gradient may multiply it by as it writes: the derivative at a saved activation's result. */
export const gradientEpilogues = ['none', 'times_relu_gradient', 'times_tanh_gradient'] as const;
export type GradientEpilogue = (typeof gradientEpilogues)[number];

/** The factor of a gradient epilogue, from the activation's result. */
export function epilogueSlope(epilogue: GradientEpilogue, saved: number): number {
  switch (epilogue) {
    case 'none':
      return 1;
    case 'times_relu_gradient':
      return activationSlope('relu', saved);
    case 'times_tanh_gradient':
      return activationSlope('tanh', saved);
  }
}
