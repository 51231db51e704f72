/** KL(q ‖ p) = Σ q(e^−d − 1 + d) (GKD at β = 1, MiniLLM); twin of shaders/distill/terms/reverse_kl.wgsl. */
import { type Element, excess } from './term.ts';

export const reverseKl = {
  stem: 'reverse_kl',
  sources: ['distill/terms/reverse_kl'],
  shader: { early: 'summed', gradient: { slope: false, plain: true } },
  loss: ({ p, q, d }: Element) => excess(q, -d, p),
  slope: ({ q, d }: Element) => q * d,
} as const;
