/**
 * What the tests of the relation losses share: inputs, the whole loss by the four references in turn, and each loss
 * once more as its paper writes it, on vectors instead of matrices of relations.
 */
import type { Numbers } from '../tensor/kernel.ts';
import { LiveBlock, LiveWindow } from '../tensor/live.ts';
import { randomFloats } from './checkKernel.ts';
import { pairRelation } from './pairRelation.ts';
import { relationGradient } from './relationGradient.ts';
import { relationLoss, relationWeights } from './relationLoss.ts';
import { type RelationKind, relationLevels, relationSums, relationSumWidth } from './relationSums.ts';
import { rowStat, rowStats } from './rowLoss.ts';

export interface RelationInputs {
  readonly kind: RelationKind;
  readonly n: number;
  readonly studentSize: number;
  readonly teacherSize: number;
  readonly student: Float64Array;
  readonly teacher: Float64Array;
  readonly flags: Uint32Array<ArrayBuffer>;
  readonly sigma: number;
}

/** Random states; every fourth row is not valid. MMD compares states of one width. */
export function relationInputs(
  kind: RelationKind,
  n: number,
  sizes: readonly [number, number],
): RelationInputs {
  const [studentSize, teacherSize] = kind === 'mmd_rbf' ? [sizes[0], sizes[0]] : sizes;
  return {
    kind,
    n,
    studentSize,
    teacherSize,
    student: Float64Array.from(randomFloats(n * studentSize, 31 + n, 2)),
    teacher: Float64Array.from(randomFloats(n * teacherSize, 32 + n, 2)),
    flags: Uint32Array.from({ length: n }, (_, i) => (i % 4 === 3 ? 2 : 1)),
    sigma: 1.5,
  };
}

export const relationLive = { hiddenWeight: 0.75, inverseValid: 0.125 };

export interface RelationRun {
  readonly matrices: readonly [Float64Array, Float64Array, Float64Array];
  readonly sums: Float64Array;
  readonly weights: Float64Array;
  readonly stats: Float64Array;
  readonly gradient: Float64Array;
  /** Weighted, summed over the rows: what `gradient` is the derivative of. */
  readonly loss: number;
}

/** The four kernels' references in turn, in float64. */
export function relationRun(inputs: RelationInputs): RelationRun {
  const { kind, n, studentSize, teacherSize, student, teacher, flags } = inputs;
  const block = new LiveBlock(1);
  for (const [name, value] of Object.entries({ ...relationLive, hiddenParameter: inputs.sigma }))
    block.set(0, name as keyof typeof relationLive, value);
  const live = new LiveWindow(block.words);
  const pairKind = relationPairKind(kind);
  const relate = (x: Numbers, y: Numbers, size: number): Float64Array => {
    const out = new Float64Array(n * n);
    pairRelation.reference({ n, size, kind: pairKind }, [x, y, out], live);
    return out;
  };
  const own = relate(student, student, studentSize);
  const taught = relate(teacher, teacher, teacherSize);
  const cross = kind === 'mmd_rbf' ? relate(student, teacher, studentSize) : own;
  const sums = new Float64Array(n * relationSumWidth);
  for (let level = 0; level < relationLevels[kind]; level++)
    relationSums.reference({ n, kind, level }, [own, taught, cross, flags, sums], live);
  const weights = new Float64Array(relationWeights(n, kind));
  const stats = new Float64Array(n * rowStats);
  const params = { n, kind, studentSize, teacherSize, pairs: 1 };
  relationLoss.reference(params, [own, taught, cross, flags, sums, weights, stats], live);
  const gradient = new Float64Array(n * studentSize);
  relationGradient.reference(
    { n, size: studentSize, kind, pairs: 1, accumulate: false },
    [student, teacher, weights, gradient, stats],
    live,
  );
  const loss = stats.filter((_, i) => i % rowStats === rowStat.total).reduce((sum, x) => sum + x, 0);
  return { matrices: [own, taught, cross], sums, weights, stats, gradient, loss };
}

export function relationPairKind(kind: RelationKind): 'product' | 'distance' {
  return kind === 'gram' || kind === 'similarity_preserving' ? 'product' : 'distance';
}

/** The weighted loss by the formulas of the papers. `student` replaces that of the inputs. */
export function plainRelationLoss(inputs: RelationInputs, student: Float64Array): number {
  const { kind, studentSize, teacherSize, teacher, flags, sigma } = inputs;
  const rows = (x: Float64Array, size: number): number[][] =>
    [...flags].flatMap((bits, i) => ((bits & 1) === 0 ? [] : [[...x.slice(i * size, (i + 1) * size)]]));
  const [s, t] = [rows(student, studentSize), rows(teacher, teacherSize)];
  const factor = relationLive.hiddenWeight * relationLive.inverseValid * s.length;
  return factor * plain[kind](s, t, sigma);
}

type Rows = readonly (readonly number[])[];

const plain: Readonly<Record<RelationKind, (s: Rows, t: Rows, sigma: number) => number>> = {
  gram: (s, t) =>
    mean(
      s.flatMap((a, i) =>
        s.map((b, j) => (dot(a, b) / a.length - dot(of(t, i), of(t, j)) / of(t, i).length) ** 2),
      ),
    ),
  similarity_preserving: (s, t) => {
    const [g, k] = [s.map((a) => unit(s.map((b) => dot(a, b)))), t.map((a) => unit(t.map((b) => dot(a, b))))];
    return sum(g.map((row, i) => sum(row.map((x, j) => (x - (of(k, i)[j] ?? 0)) ** 2)))) / s.length ** 2;
  },
  linear_cka: (s, t) => {
    const [x, y] = [centreColumns(s), centreColumns(t)];
    const hsic = (a: Rows, b: Rows): number =>
      sum(columns(a).flatMap((left) => columns(b).map((right) => dot(left, right) ** 2)));
    return 1 - hsic(x, y) / Math.sqrt(hsic(x, x) * hsic(y, y));
  },
  mmd_rbf: (s, t, sigma) => {
    const kernel = (a: Rows, b: Rows): number =>
      mean(a.flatMap((x) => b.map((y) => Math.exp(-dot(minus(x, y), minus(x, y)) / (2 * sigma ** 2)))));
    return kernel(s, s) + kernel(t, t) - 2 * kernel(s, t);
  },
  relational: (s, t) => {
    const [d, e] = [distances(s), distances(t)];
    const [a, b] = [angles(s), angles(t)];
    return (
      25 * mean(d.map((x, i) => huber(x - (e[i] ?? 0)))) + 50 * mean(a.map((x, i) => huber(x - (b[i] ?? 0))))
    );
  },
};

function distances(rows: Rows): number[] {
  const all = rows.flatMap((a) => rows.map((b) => Math.sqrt(dot(minus(a, b), minus(a, b)))));
  const unitLength = mean(all.filter((x) => x > 0));
  return all.map((x) => (unitLength > 0 ? x / unitLength : 0));
}

function angles(rows: Rows): number[] {
  return rows.flatMap((corner) => {
    const legs = rows.map((row) => unit(minus(row, corner)));
    return legs.flatMap((a) => legs.map((b) => dot(a, b)));
  });
}

function centreColumns(rows: Rows): Rows {
  const means = columns(rows).map(mean);
  return rows.map((row) => minus(row, means));
}

const columns = (rows: Rows): number[][] => of(rows, 0).map((_, c) => rows.map((row) => row[c] ?? 0));
const of = (rows: Rows, i: number): readonly number[] => rows[i] ?? [];
const sum = (x: readonly number[]): number => x.reduce((total, value) => total + value, 0);
const mean = (x: readonly number[]): number => sum(x) / Math.max(1, x.length);
const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((x, i) => x * (b[i] ?? 0)));
const minus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x - (b[i] ?? 0));
const huber = (x: number): number => (Math.abs(x) > 1 ? Math.abs(x) - 0.5 : 0.5 * x * x);
const unit = (x: readonly number[]): number[] => {
  const length = Math.sqrt(dot(x, x));
  return x.map((value) => (length === 0 ? 0 : value / length));
};
