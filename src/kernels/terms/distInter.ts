/**
 * T²·(1 − Pearson(q, p)) in the row (Huang et al. 2022, DIST); twin of shaders/distill/terms/dist_inter.wgsl. Where a
 * row has no variance the correlation is 0, and there is no gradient.
 */
import { forwardKl } from './forwardKl.ts';
import type { Element, Known, Term } from './term.ts';

interface Units {
  /** Unit vectors of q − 1/V and p − 1/V at this class, and the norm of the first. */
  readonly q: number;
  readonly p: number;
  readonly norm: number;
}

/** Of squared norms times V: what rounding leaves of equal logits. */
const flatBelow = 1e-28;

/** null without variance. */
function units({ q, p, row }: Element, known: Known): Units | null {
  const [qSquares = 0, pSquares = 0] = known[1] ?? [];
  if (Math.min(qSquares, pSquares) * row.classes < flatBelow) return null;
  const norm = Math.sqrt(qSquares);
  return { q: (q - 1 / row.classes) / norm, p: (p - 1 / row.classes) / Math.sqrt(pSquares), norm };
}

/** q̂ − p̂ from q − p, as the shader has it: 0 where they are equal. */
function apart(x: Element, known: Known): number {
  const [qSquares = 0, pSquares = 0, difference = 0] = known[1] ?? [];
  const [qNorm, pNorm] = [Math.sqrt(qSquares), Math.sqrt(pSquares)];
  const shrink = difference / ((qNorm + pNorm) * pNorm);
  return (forwardKl.slope(x) - (x.p - 1 / x.row.classes) * shrink) / qNorm;
}

export const distInter: Term = {
  stem: 'dist_inter',
  sources: ['distill/terms/dist_inter'],
  levels: 3,
  shader: { early: 'learned', levels: 2, learned: true, gradient: { slope: false, plain: true } },
  extras(level, x, known) {
    // The level of the shader's early sums, which serve float32 alone.
    if (level === 0) return [0, 0, 0, 0];
    const [q, p] = [x.q - 1 / x.row.classes, x.p - 1 / x.row.classes];
    if (level === 1) return [q ** 2, p ** 2, forwardKl.slope(x) * (q + p), 0];
    return units(x, known) === null ? [0, 0, 0, 0] : [apart(x, known) ** 2, 0, 0, 0];
  },
  loss(x, known) {
    if (x.index > 0) return 0;
    return x.row.temperature ** 2 * (units(x, known) === null ? 1 : 0.5 * (known[2]?.[0] ?? 0));
  },
  slope(x, known) {
    const own = units(x, known);
    if (own === null) return 0;
    const turned = 0.5 * (known[2]?.[0] ?? 0) * own.q;
    return (x.row.temperature ** 2 * x.q * (apart(x, known) - turned)) / own.norm;
  },
};
