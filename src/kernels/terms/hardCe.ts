/** Cross-entropy at T = 1 with the teacher's own answer; twin of shaders/distill/terms/hard_ce.wgsl. */
import type { Term } from './term.ts';

export const hardCe: Term = {
  stem: 'hard_ce',
  sources: ['distill/terms/hard_ce'],
  one: true,
  shader: { softened: false },
  loss: ({ logQOne, teacherTop }) => (teacherTop ? -logQOne : 0),
  plain: ({ qOne, logQOne, teacherTop }) => (teacherTop ? Math.expm1(logQOne) : qOne),
};
