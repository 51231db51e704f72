/** Mean squared difference of the raw logits; twin of shaders/distill/terms/logit_mse.wgsl. */
import type { Term } from './term.ts';

export const logitMse: Term = {
  code: 6,
  rule: 'plain',
  loss: ({ z, u, classes }) => (z - u) ** 2 / classes,
  slope: ({ z, u, classes }) => (2 * (z - u)) / classes,
};
