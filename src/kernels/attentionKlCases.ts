/** For the tests of relations of attention: inputs, the whole loss by the references, and once more as the paper has it. */
import { window } from '../tensor/kernel.ts';
import { type AttentionParams, attentionLengths } from './attention.ts';
import { attentionKl } from './attentionKl.ts';
import { attentionKlGradient } from './attentionKlGradient.ts';
import { attentionWeights } from './attentionWeights.ts';
import { randomFloats } from './checkKernel.ts';
import { referenceRun } from './finiteDifference.ts';
import { rowStat, rowStats } from './rowLoss.ts';

export const relationLive = { hiddenWeight: 0.75, inverseValid: 0.125 };

/** Edges of the lanes; heads in groups; teachers with more heads. */
export const relationShapes: readonly (AttentionParams & { readonly teacherHeads: number })[] = [
  { batch: 1, positions: 1, heads: 1, kvHeads: 1, width: 3, teacherHeads: 2 },
  { batch: 2, positions: 5, heads: 4, kvHeads: 2, width: 3, teacherHeads: 8 },
  { batch: 1, positions: 65, heads: 2, kvHeads: 1, width: 33, teacherHeads: 2 },
];

/** q, k of a student, positive weights of a teacher over the keys that a query sees, and flags of which every fourth is not valid. */
export function relationCase(shape: AttentionParams & { readonly teacherHeads: number }) {
  const { queries, keys } = attentionLengths(shape);
  const { batch, positions, teacherHeads } = shape;
  const rows = batch * positions;
  const draw = (length: number, seed: number) => Float64Array.from(randomFloats(length, seed, 1.5));
  const teacher = draw(rows * teacherHeads * positions, 3).map((x, e) => {
    const [i, j] = [Math.floor(e / (teacherHeads * positions)) % positions, e % positions];
    // Some weights are 0, as a softmax in float32 has them.
    return j > i || (e % 7 === 3 && j < i) ? 0 : Math.exp(x);
  });
  const flags = Uint32Array.from({ length: rows }, (_, row) => (row % 4 === 3 ? 2 : 1));
  return { q: draw(queries, 1), k: draw(keys, 2), teacher, flags };
}

export interface RelationCase {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly teacher: Float64Array;
  readonly flags: Uint32Array<ArrayBuffer>;
}

/** The kernels' references in turn: log-weights, slopes, gradients at q and at k, and statistics. */
export function relationRun(
  shape: AttentionParams & { readonly teacherHeads: number },
  { q, k, teacher, flags }: RelationCase,
  logs = false,
) {
  const { batch, positions, heads, teacherHeads } = shape;
  const length = batch * positions * heads * positions;
  const logWeights = window(referenceRun(attentionWeights, shape, [q, k, new Float64Array(length)]), 2);
  const params = { batch, positions, heads, teacherHeads, logs, pairs: 1 };
  const stats = new Float64Array(batch * positions * rowStats);
  const found = referenceRun(attentionKl, params, [teacher, flags, logWeights, stats], relationLive);
  const slopes = window(found, 2);
  const at = (side: 'queries' | 'keys' | 'both') => {
    const like = new Float64Array(side === 'queries' ? q.length : k.length);
    const ran = referenceRun(attentionKlGradient, { ...shape, side, accumulate: false }, [
      ...[slopes, q, k, like, stats],
    ]);
    return Float64Array.from(window(ran, 3));
  };
  const loss = Float64Array.from(window(found, 3)).reduce(
    (sum, x, e) => sum + (e % rowStats === rowStat.total ? x : 0),
    0,
  );
  return { logWeights, slopes, at, loss };
}

/** Weighted: Σ over valid rows and heads of KL(teacher ‖ softmax(q k / √width)), over the heads. */
export function plainRelation(
  {
    batch,
    positions,
    heads,
    kvHeads,
    width,
    teacherHeads,
  }: AttentionParams & { readonly teacherHeads: number },
  { q, k, teacher, flags }: RelationCase,
): number {
  let loss = 0;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < positions; i++) {
      const row = b * positions + i;
      if ((flags[row] ?? 0) % 2 === 0) continue;
      for (let h = 0; h < heads; h++) {
        const key = Math.floor((h * kvHeads) / heads);
        const scores = Array.from({ length: i + 1 }, (_, j) => {
          const dot = (d: number) =>
            (q[(row * heads + h) * width + d] ?? 0) *
            (k[((b * positions + j) * kvHeads + key) * width + d] ?? 0);
          return (
            Array.from({ length: width }, (_, d) => dot(d)).reduce((a, x) => a + x, 0) / Math.sqrt(width)
          );
        });
        const log = Math.log(scores.reduce((sum, s) => sum + Math.exp(s), 0));
        const group = teacherHeads / heads;
        const taught = scores.map((_, j) =>
          Array.from({ length: group }, (_, g) => {
            return teacher[(row * teacherHeads + h * group + g) * positions + j] ?? 0;
          }).reduce((a, x) => a + x, 0),
        );
        const total = taught.reduce((a, x) => a + x, 0);
        taught.forEach((w, j) => {
          const p = w / total;
          if (p > 0) loss += (p * (Math.log(p) - ((scores[j] ?? 0) - log))) / heads;
        });
      }
    }
  }
  return relationLive.hiddenWeight * relationLive.inverseValid * loss;
}
