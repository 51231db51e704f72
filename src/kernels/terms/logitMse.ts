/** Mean squared difference of the raw logits; twin of shaders/distill/terms/logit_mse.wgsl. */
import type { Term } from './term.ts';

export const logitMse: Term = {
  stem: 'logit_mse',
  sources: ['distill/terms/logit_mse'],
  shader: { softened: false },
  loss: ({ z, u, row }) => (z - u) ** 2 / row.classes,
  plain: ({ z, u, row }) => (2 * (z - u)) / row.classes,
};
