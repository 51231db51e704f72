/**
 * Forward KL against a teacher that is put right where its answer is not the label (mini-finetuning, ModelOpt); twin of
 * shaders/distill/terms/corrected_teacher.wgsl.
 */
import { type Element, excess, parameter, type Term } from './term.ts';

/** p′ and log q − log p′. */
function corrected(x: Element, tau: number): { readonly p: number; readonly d: number } {
  const { label, teacherTop, elements } = x.row;
  const target = label === null ? undefined : elements[label];
  if (target === undefined || target.teacherTop) return { p: x.p, d: x.d };
  const ahead = (elements[teacherTop]?.p ?? 0) - target.p;
  const kept = (1 - tau) / (1 + ahead);
  if (!x.isLabel) return { p: kept * x.p, d: x.d - Math.log(kept) };
  const p = kept * x.p + (ahead + tau) / (1 + ahead);
  return { p, d: x.logQ - Math.log(p) };
}

export const correctedTeacher: Term = {
  stem: 'corrected_teacher',
  shader: { kept: true, gradient: { slope: false, plain: true } },
  sources: ['distill/terms/corrected_teacher'],
  labelled: true,
  loss(x, _, params) {
    const { p, d } = corrected(x, parameter(params, 0));
    return excess(p, d, x.q);
  },
  slope(x, _, params) {
    const { p, d } = corrected(x, parameter(params, 0));
    return d > 10 ? x.q - p : p * Math.expm1(d);
  },
};
