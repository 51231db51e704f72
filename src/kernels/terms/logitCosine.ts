/** 1 − cos(z, u) = ½‖ẑ − û‖²; twin of shaders/distill/terms/logit_cosine.wgsl. A row of zeros: 1, and no gradient. */
import type { Element, Known, Term } from './term.ts';

function norms(known: Known): readonly [number, number] {
  const [zz = 0, uu = 0] = known[0] ?? [];
  return [Math.sqrt(zz), Math.sqrt(uu)];
}

/** ẑ − û; 0 where one has no direction. */
function apart({ z, u }: Element, known: Known): number {
  const [zNorm, uNorm] = norms(known);
  return zNorm === 0 || uNorm === 0 ? 0 : z / zNorm - u / uNorm;
}

export const logitCosine: Term = {
  stem: 'logit_cosine',
  sources: ['distill/terms/logit_cosine'],
  levels: 2,
  shader: { softened: false, first: 'learned', early: 'summed', levels: 0 },
  extras: (level, x, known) => (level === 0 ? [x.z ** 2, x.u ** 2, 0, 0] : [apart(x, known) ** 2, 0, 0, 0]),
  loss(x, known) {
    if (x.index > 0) return 0;
    const [zNorm, uNorm] = norms(known);
    return zNorm === 0 || uNorm === 0 ? 1 : 0.5 * (known[1]?.[0] ?? 0);
  },
  plain(x, known) {
    const [zNorm, uNorm] = norms(known);
    if (zNorm === 0 || uNorm === 0) return 0;
    return (apart(x, known) - 0.5 * (known[1]?.[0] ?? 0) * (x.z / zNorm)) / zNorm;
  },
};
