/** KL(p ‖ q) = Σ p(e^d − 1 − d) (Hinton et al. 2015); twin of shaders/distill/terms/forward_kl.wgsl. */
import { type Element, excess } from './term.ts';

export const forwardKl = {
  stem: 'forward_kl',
  sources: ['distill/terms/forward_kl'],
  // Σ(q − p) is 0.
  shader: { gradient: { slope: false, plain: true } },
  loss: ({ p, q, d }: Element) => excess(p, d, q),
  slope: ({ p, q, d }: Element) => (d > 10 ? q - p : p * Math.expm1(d)),
} as const;
