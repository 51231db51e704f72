/** KL(q ‖ p) = Σ q(e^−d − 1 + d) (GKD at β = 1, MiniLLM); twin of shaders/distill/terms/reverse_kl.wgsl. */
import { excess, type Term } from './term.ts';

export const reverseKl: Term = {
  code: 4,
  rule: 'softened',
  loss: ({ p, q, d }) => excess(q, -d, p),
  slope: ({ q, d }) => q * d,
};
