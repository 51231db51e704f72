/** (1−λ) KL(p ‖ q) + λ KL(q ‖ p); twin of shaders/distill/terms/jeffreys.wgsl. */
import { forwardKl } from './forwardKl.ts';
import { reverseKl } from './reverseKl.ts';
import { type Element, parameter, type Term } from './term.ts';

const between = (params: readonly number[], forward: number, reverse: number): number => {
  const lambda = parameter(params, 0);
  return (1 - lambda) * forward + lambda * reverse;
};

export const jeffreys: Term = {
  stem: 'jeffreys',
  sources: ['distill/terms/forward_kl', 'distill/terms/reverse_kl', 'distill/terms/jeffreys'],
  shader: { early: 'summed', gradient: { slope: false, plain: true } },
  loss: (x: Element, _, params) => between(params, forwardKl.loss(x), reverseKl.loss(x)),
  slope: (x: Element, _, params) => between(params, forwardKl.slope(x), reverseKl.slope(x)),
};
