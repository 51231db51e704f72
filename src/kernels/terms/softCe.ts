/** −Σ p log q, forward KL plus the teacher's entropy; twin of shaders/distill/terms/soft_ce.wgsl. */
import { forwardKl } from './forwardKl.ts';
import type { Term } from './term.ts';

export const softCe: Term = {
  stem: 'soft_ce',
  sources: ['distill/terms/soft_ce'],
  shader: { gradient: { slope: false, plain: true } },
  loss: ({ p, logQ }) => -p * logQ,
  slope: forwardKl.slope,
};
