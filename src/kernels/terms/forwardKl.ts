/** KL(p ‖ q) = Σ p(e^d − 1 − d) (Hinton et al. 2015); twin of shaders/distill/terms/forward_kl.wgsl. */
import { excess, type Term } from './term.ts';

export const forwardKl: Term = {
  code: 2,
  rule: 'softened',
  loss: ({ p, q, d }) => excess(p, d, q),
  slope: ({ p, q, d }) => (d > 10 ? q - p : p * Math.expm1(d)),
};
