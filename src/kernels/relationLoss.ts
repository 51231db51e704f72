/**
 * Losses on how the rows of a batch relate to each other, whatever the widths of student and teacher: Gram matrices,
 * similarity-preserving, relational, linear CKA, and MMD between states of one width. Gives the loss, and the weights
 * from which relationGradient makes the gradient. It runs after the row loss and adds to its statistics.
 */
import { at, grid, type Kernel, type Numbers, window } from '../tensor/kernel.ts';
import {
  centred,
  huberSlope,
  meanUnit,
  type RelationKind,
  relationKinds,
  relationLanes,
  relationSumWidth,
  relationTotals,
  validRows,
} from './relationSums.ts';
import { rowStat, rowStats } from './rowLoss.ts';

export interface RelationLossParams {
  readonly n: number;
  readonly kind: RelationKind;
  readonly studentSize: number;
  readonly teacherSize: number;
  /** Pairs of layers that are compared in all: the loss is the mean over them. */
  readonly pairs: number;
}

/** Weights of the two parts of `relational` (Park et al. 2019, as in mdistiller). */
export const relationalWeights = { distance: 25, angle: 50 } as const;

/** Bindings: student, teacher, cross [n, n], flags [n], sums [n, 8], weights [n or 2n, n], stats [n, 16]. */
export const relationLoss: Kernel<RelationLossParams> = {
  name: 'relation_loss',
  sources: [
    'lib/live',
    'lib/grid',
    'lib/lanes',
    'lib/row_groups',
    'distill/terms/relation',
    'distill/relation_loss',
  ],
  bindings: [
    { name: 'student', access: 'read', dtype: 'f32' },
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'cross', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'sums', access: 'read', dtype: 'f32' },
    { name: 'weights', access: 'read_write', dtype: 'f32' },
    { name: 'stats', access: 'read_write', dtype: 'f32' },
  ],
  live: true,
  constants: ({ kind }) => ({ LANES: relationLanes, KIND: relationKinds.indexOf(kind) }),
  shape: ({ n, studentSize, teacherSize, pairs }) => [n, studentSize, teacherSize, pairs, relationLanes],
  workgroups: ({ n }) => grid(n),
  lengths: ({ n, kind }) => [
    n * n,
    n * n,
    n * n,
    n,
    n * relationSumWidth,
    relationWeights(n, kind),
    n * rowStats,
  ],
  reference(params, buffers, live) {
    const { n, pairs } = params;
    const [flags, weights, stats] = [window(buffers, 3), window(buffers, 5), window(buffers, 6)];
    const rows = validRows(flags, n);
    const batch: Batch = {
      ...params,
      rows,
      student: window(buffers, 0),
      teacher: window(buffers, 1),
      cross: window(buffers, 2),
      sums: window(buffers, 4),
      first: relationTotals(rows, window(buffers, 4), 0),
      second: relationTotals(rows, window(buffers, 4), 1),
      sigma: live.get('hiddenParameter'),
    };
    weights.fill(0);
    for (const i of rows) {
      let loss = 0;
      for (const j of rows) {
        const found = compare[params.kind](batch, i, j);
        loss += found.loss;
        weights[i * n + j] = rows.length * found.weight;
        if (params.kind === 'mmd_rbf') weights[(n + i) * n + j] = rows.length * (found.cross ?? 0);
      }
      const share = (rows.length * loss * live.get('inverseValid')) / pairs;
      const [total, hidden] = [i * rowStats + rowStat.total, i * rowStats + rowStat.hidden];
      stats[total] = at(stats, total) + live.get('hiddenWeight') * share;
      stats[hidden] = at(stats, hidden) + share;
    }
  },
};

/** Length of the weights: a second matrix where states are also compared across. */
export function relationWeights(n: number, kind: RelationKind): number {
  return kind === 'mmd_rbf' ? 2 * n * n : n * n;
}

interface Batch extends RelationLossParams {
  readonly rows: readonly number[];
  readonly student: Numbers;
  readonly teacher: Numbers;
  readonly cross: Numbers;
  readonly sums: Numbers;
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly sigma: number;
}

/** A pair's share of the loss and its weights: ∂L/∂s_i = Σ_j weight·(s_j or s_i − s_j) + Σ_j cross·(s_i − t_j). */
interface Share {
  readonly loss: number;
  readonly weight: number;
  readonly cross?: number;
}

const compare: Readonly<Record<RelationKind, (batch: Batch, i: number, j: number) => Share>> = {
  gram({ n, student, teacher, rows, studentSize, teacherSize }, i, j) {
    const e = at(student, i * n + j) / studentSize - at(teacher, i * n + j) / teacherSize;
    return { loss: (e * e) / rows.length ** 2, weight: (4 * e) / (rows.length ** 2 * studentSize) };
  },
  similarity_preserving({ n, student, teacher, sums, rows }, i, j) {
    const [g, k] = [at(student, i * n + j), at(teacher, i * n + j)];
    const unit = (row: number, column: number): number =>
      inverse(Math.sqrt(at(sums, row * relationSumWidth + column)));
    const slope = (row: number): number => {
      const [gUnit, kUnit] = [unit(row, 0), unit(row, 1)];
      const cosine = at(sums, row * relationSumWidth + 2) * gUnit * kUnit;
      return (g * gUnit * cosine - k * kUnit) * gUnit;
    };
    const e = g * unit(i, 0) - k * unit(i, 1);
    return { loss: (e * e) / rows.length ** 2, weight: (2 * (slope(i) + slope(j))) / rows.length ** 2 };
  },
  linear_cka({ n, student, teacher, sums, rows, first, second }, i, j) {
    const count = rows.length;
    const [gg, kk, gk] = second;
    if (gg === 0 || kk === 0 || gg === undefined || kk === undefined)
      return { loss: 1 / count ** 2, weight: 0 };
    const mean = (column: number): number => (first[column] ?? 0) / count ** 2;
    const a = centred(at(student, i * n + j), i, j, 0, sums, mean(0), count) / Math.sqrt(gg);
    const b = centred(at(teacher, i * n + j), i, j, 1, sums, mean(1), count) / Math.sqrt(kk);
    const loss = 1 - (gk ?? 0) / Math.sqrt(gg * kk);
    return { loss: 0.5 * (a - b) ** 2, weight: (-2 * (a - b - loss * a)) / Math.sqrt(gg) };
  },
  mmd_rbf({ n, student, teacher, cross, rows, first, sigma }, i, j) {
    const count = rows.length;
    const [within = 0, taught = 0, across = 0] = first;
    const spread = (0.5 * (within + taught + 2 * across)) / (4 * count ** 2 - 2 * count);
    const variance = sigma === 0 ? spread : sigma ** 2;
    const kernel = (squared: number): number => Math.exp(-0.5 * squared * inverse(variance));
    const [near, far] = [kernel(at(student, i * n + j)), kernel(at(cross, i * n + j))];
    const pull = (2 * inverse(variance)) / count ** 2;
    return {
      loss: (near + kernel(at(teacher, i * n + j)) - 2 * far) / count ** 2,
      weight: -pull * near,
      cross: pull * far,
    };
  },
  relational(batch, i, j) {
    const { n, student, teacher, rows, first, second } = batch;
    const [d, e] = [Math.sqrt(at(student, i * n + j)), Math.sqrt(at(teacher, i * n + j))];
    const unit = meanUnit(first, 0);
    const share = relationalWeights.distance / rows.length ** 2;
    const off = d * unit - e * meanUnit(first, 2);
    const towardsMean = (second[0] ?? 0) * inverse(first[0] ?? 0);
    const angles = anglesOf(batch, i, j);
    const each = relationalWeights.angle / rows.length ** 3;
    return {
      loss: share * huber(off) + each * angles.loss,
      weight: 2 * share * unit * (huberSlope(off) - towardsMean) * inverse(d) + 2 * each * angles.slope,
    };
  },
};

/** Σ over the third row: the loss of angles with their corner at i and a leg to j; and the derivative by d²_ij of all. */
function anglesOf(
  { n, student, teacher, rows }: Batch,
  i: number,
  j: number,
): { loss: number; slope: number } {
  let [loss, slope] = [0, 0];
  // The derivative by the squared leg from `corner` to `to`, of the angle with the other leg to `third`.
  const leg = (corner: number, to: number, third: number): number => {
    const [a, b] = [
      inverse(Math.sqrt(at(student, corner * n + to))),
      inverse(Math.sqrt(at(student, corner * n + third))),
    ];
    const own = cosineAt(student, n, corner, to, third);
    return huberSlope(own - cosineAt(teacher, n, corner, to, third)) * (b - own * a) * a;
  };
  for (const c of rows) {
    loss += huber(cosineAt(student, n, i, j, c) - cosineAt(teacher, n, i, j, c));
    const opposite = cosineAt(student, n, c, i, j) - cosineAt(teacher, n, c, i, j);
    const legs = inverse(Math.sqrt(at(student, c * n + i))) * inverse(Math.sqrt(at(student, c * n + j)));
    slope += leg(i, j, c) + leg(j, i, c) - huberSlope(opposite) * legs;
  }
  return { loss, slope };
}

/** The cosine of the angle at `corner` between the ways to a and b, from squared distances; 0 where there is no way. */
function cosineAt(squared: Numbers, n: number, corner: number, a: number, b: number): number {
  const [legA, legB, across] = [
    at(squared, corner * n + a),
    at(squared, corner * n + b),
    at(squared, a * n + b),
  ];
  return 0.5 * (legA + legB - across) * inverse(Math.sqrt(legA)) * inverse(Math.sqrt(legB));
}

function huber(x: number): number {
  return Math.abs(x) > 1 ? Math.abs(x) - 0.5 : 0.5 * x * x;
}

function inverse(x: number): number {
  return x === 0 ? 0 : 1 / x;
}
