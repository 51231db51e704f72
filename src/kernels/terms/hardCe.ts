/** Cross-entropy at T = 1 with the teacher's own answer; twin of shaders/distill/terms/hard_ce.wgsl. */
import type { Term } from './term.ts';

export const hardCe: Term = {
  code: 1,
  rule: 'plain',
  loss: ({ logQOne, teacherTop }) => (teacherTop ? -logQOne : 0),
  slope: ({ qOne, logQOne, teacherTop }) => (teacherTop ? Math.expm1(logQOne) : qOne),
};
