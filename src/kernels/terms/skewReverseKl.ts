/** KL(q ‖ m) with m = (1−λ)p + λq (Ko et al. 2024, DistiLLM); twin of shaders/distill/terms/skew_reverse_kl.wgsl. */
import { reverseKl } from './reverseKl.ts';
import { excess, logMix, parameter, type Term } from './term.ts';

export const skewReverseKl: Term = {
  stem: 'skew_reverse_kl',
  shader: { kept: true },
  sources: ['distill/terms/mixture', 'distill/terms/skew_reverse_kl'],
  loss(x, _, params) {
    const lambda = parameter(params, 0);
    if (lambda <= 0) return reverseKl.loss(x);
    return excess(x.q, logMix(1 - lambda, -x.d), (1 - lambda) * x.p + lambda * x.q);
  },
  slope(x, _, params) {
    const lambda = parameter(params, 0);
    if (lambda <= 0) return reverseKl.slope(x);
    const fall = logMix(1 - lambda, -x.d);
    return x.q * (-fall - lambda * Math.expm1(-fall));
  },
};
