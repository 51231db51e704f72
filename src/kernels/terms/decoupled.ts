/**
 * T²·(α·TCKD + β·NCKD), decoupled distillation (Zhao et al. 2022): the label against the rest, and the rest among
 * themselves. Twin of shaders/distill/terms/decoupled.wgsl; with two classes the rest is one class and NCKD is 0.
 */
import { type Element, excess, type Known, parameter, type Term } from './term.ts';

/** Log-probabilities among the rest. */
function restOf({ z, u, row }: Element, known: Known): { readonly logQ: number; readonly logP: number } {
  const [student = 1, teacher = 1] = known[0] ?? [];
  return {
    logQ: (z - row.studentOther) / row.temperature - Math.log(student),
    logP: (u - row.teacherOther) / row.temperature - Math.log(teacher),
  };
}

/** KL between (label, rest) of both. */
function targetClassLoss(label: Element, known: Known): number {
  // log of the mass of the rest: a class's log-probability over all less that among the rest.
  const other = label.row.elements[label.index === 0 ? 1 : 0];
  if (other === undefined) return 0;
  const rest = restOf(other, known);
  const [logQ, logP] = [other.logQ - rest.logQ, other.logP - rest.logP];
  return excess(label.p, label.d, label.q) + excess(Math.exp(logP), logQ - logP, Math.exp(logQ));
}

export const decoupled: Term = {
  stem: 'decoupled',
  sources: ['distill/terms/decoupled'],
  labelled: true,
  besideLabel: true,
  levels: 1,
  shader: { early: 'learned', levels: 0 },
  extras(_, { isLabel, z, u, row }) {
    if (isLabel) return [0, 0, 0, 0];
    const softened = (x: number, largest: number) => Math.exp((x - largest) / row.temperature);
    return [softened(z, row.studentOther), softened(u, row.teacherOther), 0, 0];
  },
  loss(x, known, params) {
    const squared = x.row.temperature ** 2;
    if (x.isLabel) return squared * parameter(params, 0) * targetClassLoss(x, known);
    const { logQ, logP } = restOf(x, known);
    return squared * parameter(params, 1) * excess(Math.exp(logP), logQ - logP, Math.exp(logQ));
  },
  plain(x, known, params) {
    const { temperature, label, elements } = x.row;
    const target = label === null ? undefined : elements[label];
    const gap = target === undefined ? 0 : parameter(params, 0) * gapOf(target);
    if (x.isLabel) return temperature * gap;
    const { logQ, logP } = restOf(x, known);
    const [q, p] = [Math.exp(logQ), Math.exp(logP)];
    return temperature * (parameter(params, 1) * gapOf({ p, q, d: logQ - logP }) - gap * q);
  },
};

/** q − p, exact where they are nearly equal. */
function gapOf({ p, q, d }: { readonly p: number; readonly q: number; readonly d: number }): number {
  return d > 10 ? q - p : p * Math.expm1(d);
}
