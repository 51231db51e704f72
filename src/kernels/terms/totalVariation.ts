/** ½ Σ |q − p|; twin of shaders/distill/terms/total_variation.wgsl, with its 0 within float32's rounding of equality. */
import { forwardKl } from './forwardKl.ts';
import type { Term } from './term.ts';

/** Where log q and log p differ by less than this, they count as equal. */
export const equalWithin = 2e-6;

export const totalVariation: Term = {
  stem: 'total_variation',
  sources: ['distill/terms/total_variation'],
  loss: (x) => 0.5 * Math.abs(forwardKl.slope(x)),
  slope: ({ q, d }) => (Math.abs(d) < equalWithin ? 0 : 0.5 * q * Math.sign(d)),
};
