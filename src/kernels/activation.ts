/**
 * Element-wise activations where they are not part of a product. Also home of the error function in float64, which
 * gelu and its derivative need and JavaScript lacks.
 */
import { at, grid, type Kernel, window } from '../tensor/kernel.ts';

export const activationKinds = ['relu', 'tanh', 'gelu'] as const;
export type ActivationKind = (typeof activationKinds)[number];

export interface ActivationParams {
  readonly length: number;
  /** `gelu` is x·Φ(x) with the exact distribution function, not its tanh approximation. */
  readonly kind: ActivationKind;
}

const workgroupSize = 64;

/** Bindings: x [length], y [length]. */
export const activation: Kernel<ActivationParams> = {
  name: 'activation',
  sources: ['lib/grid', 'lib/math', 'nn/activation'],
  bindings: [
    { name: 'x', access: 'read', dtype: 'f32' },
    { name: 'y', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ kind }) => ({ workgroup_size: workgroupSize, kind: activationKinds.indexOf(kind) }),
  shape: ({ length }) => [length],
  workgroups: ({ length }) => grid(Math.ceil(length / workgroupSize)),
  lengths: ({ length }) => [length, length],
  reference({ length, kind }, buffers) {
    const [x, y] = [window(buffers, 0), window(buffers, 1)];
    for (let i = 0; i < length; i++) y[i] = activate(kind, at(x, i));
  },
};

function activate(kind: ActivationKind, x: number): number {
  switch (kind) {
    case 'relu':
      return Math.max(x, 0);
    case 'tanh':
      return Math.tanh(x);
    case 'gelu':
      return x * normalCdf(x);
  }
}

/** Φ(x): the probability that a standard normal number is below x. */
export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

/** 1 − erf x to 1e-14 of itself: a series of positive terms below 2.5, a continued fraction above. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0) return 2 - erfc(-x);
  const density = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
  if (x < 2.5) {
    // erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!
    let [term, sum] = [x, x];
    for (let n = 1; term > 1e-18 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - density * sum;
  }
  // erfc x = e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), from the inside out.
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return density / 2 / fraction;
}
