/** (1/V) Σ (q − p)²; twin of shaders/distill/terms/probability_mse.wgsl. */
import { forwardKl } from './forwardKl.ts';
import type { Term } from './term.ts';

export const probabilityMse: Term = {
  stem: 'probability_mse',
  sources: ['distill/terms/probability_mse'],
  shader: { early: 'learned', gradient: { slope: false, plain: true } },
  loss: (x) => forwardKl.slope(x) ** 2 / x.row.classes,
  slope: (x) => (2 * x.q * forwardKl.slope(x)) / x.row.classes,
};
