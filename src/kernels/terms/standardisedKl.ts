/**
 * Forward KL of logits that were standardised, (z − mean)/(σ + ε) with σ unbiased (Sun et al. 2024); twin of
 * shaders/distill/terms/standardised_kl.wgsl. A row without variance has no loss and no gradient.
 */
import { type Element, excess, type Known, parameter, type Term } from './term.ts';

interface Standardised {
  readonly z: number;
  readonly u: number;
  /** σ of the student, without ε. */
  readonly deviation: number;
}

/** null without variance. */
function standardised(x: Element, known: Known, epsilon: number): Standardised | null {
  const { classes } = x.row;
  const [zSum = 0, uSum = 0] = known[0] ?? [];
  const [zSquares = 0, uSquares = 0] = known[1] ?? [];
  if (zSquares === 0 || uSquares === 0) return null;
  const [zDeviation, uDeviation] = [zSquares, uSquares].map((sum) => Math.sqrt(sum / (classes - 1)));
  return {
    z: (x.z - zSum / classes) / ((zDeviation ?? 0) + epsilon),
    u: (x.u - uSum / classes) / ((uDeviation ?? 0) + epsilon),
    deviation: zDeviation ?? 0,
  };
}

/** log q and log p of the standardised logits, softened. */
function softened(x: Element, known: Known, epsilon: number) {
  const own = standardised(x, known, epsilon);
  if (own === null) return null;
  const [zSum = 1, uSum = 1] = known[2] ?? [];
  const [a, b] = belowLargest(x, known, epsilon);
  return { own, logQ: a - Math.log(zSum), logP: b - Math.log(uSum) };
}

/** Standardised logits less the largest of their row, over T: order is kept, so the largest is that of the logits. */
function belowLargest(x: Element, known: Known, epsilon: number): readonly [number, number] {
  const { elements, studentTop, teacherTop, temperature } = x.row;
  const own = standardised(x, known, epsilon);
  const of = (top: number) => {
    const found = elements[top];
    return found === undefined ? null : standardised(found, known, epsilon);
  };
  const [student, teacher] = [of(studentTop), of(teacherTop)];
  if (own === null || student === null || teacher === null) return [0, 0];
  return [(own.z - student.z) / temperature, (own.u - teacher.u) / temperature];
}

function gap(found: { readonly logQ: number; readonly logP: number }): number {
  const d = found.logQ - found.logP;
  return d > 10 ? Math.exp(found.logQ) - Math.exp(found.logP) : Math.exp(found.logP) * Math.expm1(d);
}

export const standardisedKl: Term = {
  stem: 'standardised_kl',
  sources: ['distill/terms/standardised_kl'],
  levels: 4,
  shader: { softened: false, first: 'learned', early: 'learned', levels: 1, learned: true, more: true },
  extras(level, x, known, params) {
    const { row } = x;
    if (level === 0) return [x.z, x.u, 0, 0];
    const [zSum = 0, uSum = 0] = known[0] ?? [];
    if (level === 1) return [(x.z - zSum / row.classes) ** 2, (x.u - uSum / row.classes) ** 2, 0, 0];
    const epsilon = parameter(params, 0);
    if (standardised(x, known, epsilon) === null) return [0, 0, 0, 0];
    if (level === 2) {
      const [a, b] = belowLargest(x, known, epsilon);
      return [Math.exp(a), Math.exp(b), 0, 0];
    }
    const found = softened(x, known, epsilon);
    return found === null ? [0, 0, 0, 0] : [(gap(found) / row.temperature) * found.own.z, 0, 0, 0];
  },
  loss(x, known, params) {
    const found = softened(x, known, parameter(params, 0));
    if (found === null) return 0;
    return excess(Math.exp(found.logP), found.logQ - found.logP, Math.exp(found.logQ));
  },
  plain(x, known, params) {
    const epsilon = parameter(params, 0);
    const found = softened(x, known, epsilon);
    if (found === null) return 0;
    const { own } = found;
    const spread = own.deviation + epsilon;
    const tilt = (own.z * (spread / own.deviation) * (known[3]?.[0] ?? 0)) / (x.row.classes - 1);
    return (gap(found) / x.row.temperature - tilt) / spread;
  },
};
