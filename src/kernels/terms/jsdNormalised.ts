/**
 * (β KL(p ‖ m) + (1−β) KL(q ‖ m))/(β(1−β)) with m = βp + (1−β)q: forward KL at β = 0, reverse at β = 1. Twin of
 * shaders/distill/terms/jsd_normalised.wgsl, with the same rounding of β near the ends.
 */
import { forwardKl } from './forwardKl.ts';
import { reverseKl } from './reverseKl.ts';
import { excess, logMix, parameter, type Term } from './term.ts';

/** The β that is computed: 0, 1, or within [.02, .98], since float32 loses 1/β of its digits. */
export function jsdBeta(beta: number): number {
  if (beta < 0.01) return 0;
  if (beta > 0.99) return 1;
  return Math.min(Math.max(beta, 0.02), 0.98);
}

export const jsdNormalised: Term = {
  stem: 'jsd_normalised',
  shader: { kept: true },
  sources: ['distill/terms/mixture', 'distill/terms/jsd_normalised'],
  loss(x, _, params) {
    const beta = jsdBeta(parameter(params, 0));
    if (beta === 0) return forwardKl.loss(x);
    if (beta === 1) return reverseKl.loss(x);
    const m = beta * x.p + (1 - beta) * x.q;
    const fromTeacher = excess(x.p, logMix(1 - beta, x.d), m) / (1 - beta);
    return fromTeacher + excess(x.q, logMix(beta, -x.d), m) / beta;
  },
  slope(x, _, params) {
    const beta = jsdBeta(parameter(params, 0));
    if (beta === 0) return forwardKl.slope(x);
    if (beta === 1) return reverseKl.slope(x);
    return (-x.q * logMix(beta, -x.d)) / beta;
  },
};
