/** β KL(p ‖ m) + (1−β) KL(q ‖ m), m = βp + (1−β)q (GKD); forward and reverse KL at the ends. Twin of …/jsd.wgsl. */
import { forwardKl } from './forwardKl.ts';
import { reverseKl } from './reverseKl.ts';
import { excess, logMix, parameter, type Term } from './term.ts';

export const jsd: Term = {
  stem: 'jsd',
  shader: { kept: true },
  sources: ['distill/terms/mixture', 'distill/terms/jsd'],
  loss(x, _, params) {
    const beta = parameter(params, 0);
    if (beta <= 0) return forwardKl.loss(x);
    if (beta >= 1) return reverseKl.loss(x);
    const m = beta * x.p + (1 - beta) * x.q;
    const fromTeacher = excess(x.p, logMix(1 - beta, x.d), m);
    return beta * fromTeacher + (1 - beta) * excess(x.q, logMix(beta, -x.d), m);
  },
  slope(x, _, params) {
    const beta = parameter(params, 0);
    if (beta <= 0) return forwardKl.slope(x);
    if (beta >= 1) return reverseKl.slope(x);
    return -(1 - beta) * x.q * logMix(beta, -x.d);
  },
};
