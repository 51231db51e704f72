/**
 * Row sums of the relation matrices of a batch, in one or two levels, of which the second sees the totals of the first.
 * What a loss on relations makes of them is in relationLoss.
 */
import { at, grid, type Kernel, type Numbers, window } from '../tensor/kernel.ts';
import { rowFlag } from './rowLoss.ts';

/** In the order of KIND in the shaders. */
export const relationKinds = [
  'gram',
  'similarity_preserving',
  'linear_cka',
  'mmd_rbf',
  'relational',
] as const;
export type RelationKind = (typeof relationKinds)[number];

/** Levels of sums that a loss needs. */
export const relationLevels: Readonly<Record<RelationKind, number>> = {
  gram: 0,
  similarity_preserving: 1,
  linear_cka: 2,
  mmd_rbf: 1,
  relational: 2,
};

/** Numbers of a row of sums. */
export const relationSumWidth = 8;
export const relationLanes = 64;

export interface RelationSumsParams {
  readonly n: number;
  readonly kind: RelationKind;
  readonly level: number;
}

/** Bindings: student, teacher, cross [n, n], flags [n], sums [n, 8]. */
export const relationSums: Kernel<RelationSumsParams> = {
  name: 'relation_sums',
  sources: ['lib/grid', 'lib/lanes', 'lib/row_groups', 'distill/terms/relation', 'distill/relation_sums'],
  bindings: [
    { name: 'student', access: 'read', dtype: 'f32' },
    { name: 'teacher', access: 'read', dtype: 'f32' },
    { name: 'cross', access: 'read', dtype: 'f32' },
    { name: 'flags', access: 'read', dtype: 'u32' },
    { name: 'sums', access: 'read_write', dtype: 'f32' },
  ],
  live: false,
  constants: ({ kind, level }) => ({ LANES: relationLanes, KIND: relationKinds.indexOf(kind), LEVEL: level }),
  shape: ({ n }) => [n, relationLanes],
  workgroups: ({ n }) => grid(n),
  lengths: ({ n }) => [n * n, n * n, n * n, n, n * relationSumWidth],
  reference({ n, kind, level }, buffers) {
    const matrices = { student: window(buffers, 0), teacher: window(buffers, 1), cross: window(buffers, 2) };
    const [flags, sums] = [window(buffers, 3), window(buffers, 4)];
    const rows = validRows(flags, n);
    const totals = relationTotals(rows, sums, 0);
    for (let i = 0; i < n; i++) {
      const own = [0, 0, 0, 0];
      if (rows.includes(i)) {
        for (const j of rows) {
          const cell = i * n + j;
          const [g, k, c] = [
            at(matrices.student, cell),
            at(matrices.teacher, cell),
            at(matrices.cross, cell),
          ];
          const added =
            level === 0 ? firstLevel(kind, g, k, c) : secondLevel(kind, [g, k], i, j, rows, sums, totals);
          added.forEach((x, s) => {
            own[s] = (own[s] ?? 0) + x;
          });
        }
      }
      sums.set(own, i * relationSumWidth + 4 * level);
    }
  },
};

export function validRows(flags: Numbers, n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i).filter((i) => (at(flags, i) & rowFlag.valid) !== 0);
}

/** Four sums of a level, added over the valid rows. */
export function relationTotals(rows: readonly number[], sums: Numbers, level: number): readonly number[] {
  return [0, 1, 2, 3].map((s) =>
    rows.reduce((sum, i) => sum + at(sums, i * relationSumWidth + 4 * level + s), 0),
  );
}

function firstLevel(kind: RelationKind, g: number, k: number, cross: number): readonly number[] {
  switch (kind) {
    case 'gram':
      return [];
    case 'similarity_preserving':
      return [g * g, k * k, g * k];
    case 'linear_cka':
      return [g, k];
    case 'mmd_rbf':
      return [g, k, cross];
    case 'relational':
      return [Math.sqrt(g), g === 0 ? 0 : 1, Math.sqrt(k), k === 0 ? 0 : 1];
  }
}

function secondLevel(
  kind: RelationKind,
  [g, k]: readonly [number, number],
  i: number,
  j: number,
  rows: readonly number[],
  sums: Numbers,
  totals: readonly number[],
): readonly number[] {
  if (kind === 'linear_cka') {
    const n = rows.length;
    const a = centred(g, i, j, 0, sums, (totals[0] ?? 0) / n ** 2, n);
    const b = centred(k, i, j, 1, sums, (totals[1] ?? 0) / n ** 2, n);
    return [a * a, b * b, a * b];
  }
  if (kind !== 'relational') return [];
  const [d, e] = [Math.sqrt(g), Math.sqrt(k)];
  return [huberSlope(d * meanUnit(totals, 0) - e * meanUnit(totals, 2)) * d];
}

/** An element of the centred product matrix, from squared distances; `column` 0 is the student's, 1 the teacher's. */
export function centred(
  distance: number,
  i: number,
  j: number,
  column: number,
  sums: Numbers,
  mean: number,
  n: number,
): number {
  const rowMean = (row: number): number => at(sums, row * relationSumWidth + column) / n;
  return -0.5 * (distance - rowMean(i) - rowMean(j) + mean);
}

/** 1 / the mean of the distances that are not 0; 0 where all are. */
export function meanUnit(totals: readonly number[], first: number): number {
  const total = totals[first] ?? 0;
  return total === 0 ? 0 : (totals[first + 1] ?? 0) / total;
}

/** Derivative of smooth L1 (β = 1). */
export function huberSlope(x: number): number {
  return Math.abs(x) > 1 ? Math.sign(x) : x;
}
