/** KL(p ‖ m) with m = λp + (1−λ)q (Ko et al. 2024, DistiLLM); twin of shaders/distill/terms/skew_kl.wgsl. */
import { forwardKl } from './forwardKl.ts';
import { excess, logMix, parameter, type Term } from './term.ts';

export const skewKl: Term = {
  stem: 'skew_kl',
  shader: { kept: true },
  sources: ['distill/terms/mixture', 'distill/terms/skew_kl'],
  loss(x, _, params) {
    const lambda = parameter(params, 0);
    if (lambda <= 0) return forwardKl.loss(x);
    return excess(x.p, logMix(1 - lambda, x.d), lambda * x.p + (1 - lambda) * x.q);
  },
  slope(x, _, params) {
    const lambda = parameter(params, 0);
    if (lambda <= 0) return forwardKl.slope(x);
    // −(1−λ)·q·(w − 1) with w = p/m.
    return -(1 - lambda) * x.q * Math.expm1(-logMix(1 - lambda, x.d));
  },
};
