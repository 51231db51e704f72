/** −log softmax(z)_y at T = 1, as a term; twin of shaders/distill/terms/ce.wgsl. */
import type { Term } from './term.ts';

export const ce: Term = {
  stem: 'ce',
  sources: ['distill/terms/ce'],
  one: true,
  shader: { softened: false },
  labelled: true,
  loss: ({ logQOne, isLabel }) => (isLabel ? -logQOne : 0),
  plain: ({ qOne, logQOne, isLabel }) => (isLabel ? Math.expm1(logQOne) : qOne),
};
