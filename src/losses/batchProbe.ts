/**
 * A small batch under a loss that no row decides by itself: on hidden states, on relations between rows, on attention, on
 * columns of a batch. Value and gradient in float64, by the kernels' own references in turn; for pictures and checks. The
 * loss is the plain one: no weight, no T² of a run.
 */
import { type AttentionLossId, attentionKl, attentionLossIds } from '../kernels/attentionKl.ts';
import { attentionKlGradient } from '../kernels/attentionKlGradient.ts';
import { attentionWeights } from '../kernels/attentionWeights.ts';
import { columnCorrelation, columnWidth } from '../kernels/columnCorrelation.ts';
import { distIntra } from '../kernels/distIntra.ts';
import { hiddenLoss, type StateLoss, stateLosses } from '../kernels/hiddenLoss.ts';
import { pairRelation } from '../kernels/pairRelation.ts';
import { relationGradient } from '../kernels/relationGradient.ts';
import { relationLoss, relationWeights } from '../kernels/relationLoss.ts';
import {
  type RelationKind,
  relationKinds,
  relationLevels,
  relationSums,
  relationSumWidth,
} from '../kernels/relationSums.ts';
import { rowFlag, rowStat, rowStats } from '../kernels/rowLoss.ts';
import { sampledKl } from '../kernels/sampledKl.ts';
import { softmaxRows } from '../kernels/softmaxRows.ts';
import { LiveBlock, LiveWindow } from '../tensor/live.ts';

const columnLosses = ['dist_intra', 'sampled_reverse_kl'] as const;
export type BatchLossId = StateLoss | RelationKind | AttentionLossId | (typeof columnLosses)[number];
const batchLossIds: readonly BatchLossId[] = [
  ...stateLosses,
  ...relationKinds,
  ...attentionLossIds,
  ...columnLosses,
];

/** The loss with this id, which may come from outside; undefined where it is none of a batch. */
export function batchLoss(id: string): BatchLossId | undefined {
  return batchLossIds.find((known) => known === id);
}

/**
 * Rows of student and teacher: states, or logits. `attention_kl` takes a text: a row of the student is the query and the key
 * of a token, one of the teacher its weights over the tokens.
 */
export interface ProbedBatch {
  readonly student: readonly (readonly number[])[];
  readonly teacher: readonly (readonly number[])[];
  readonly valid: readonly boolean[];
}

export interface ProbedBatchLoss {
  /** Mean over the valid rows. */
  readonly value: number;
  /** Of each row of the student. */
  readonly gradient: readonly (readonly number[])[];
}

/** The numbers that the live window holds for a check: a weight of 1, and 1/N of the valid rows. */
export function batchLive(valid: readonly boolean[], temperature: number): LiveBlock {
  const block = new LiveBlock(1);
  const count = Math.max(1, valid.filter(Boolean).length);
  const values = { temperature, inverseValid: 1 / count, hiddenWeight: 1, hiddenParameter: 1.5, seed: 7 };
  for (const [name, value] of Object.entries(values)) block.set(0, name as keyof typeof values, value);
  block.setTerm(0, 0, 1, []);
  return block;
}

export function probeBatch(id: BatchLossId, temperature: number, batch: ProbedBatch): ProbedBatchLoss {
  const { student, teacher, valid } = batch;
  const n = student.length;
  const made: Made = {
    n,
    size: student[0]?.length ?? 0,
    teacherSize: teacher[0]?.length ?? 0,
    student: Float64Array.from(student.flat()),
    teacher: Float64Array.from(teacher.flat()),
    flags: Uint32Array.from(valid, (counts) => (counts ? rowFlag.valid : 0)),
    stats: new Float64Array(n * rowStats),
    live: new LiveWindow(batchLive(valid, temperature).words),
  };
  const gradient = gradientOf(id, made);
  const value = student.reduce((sum, _, r) => sum + (made.stats[r * rowStats + rowStat.total] ?? 0), 0);
  return {
    value,
    gradient: student.map((_, r) => [...gradient.subarray(r * made.size, (r + 1) * made.size)]),
  };
}

interface Made {
  readonly n: number;
  readonly size: number;
  readonly teacherSize: number;
  readonly student: Float64Array;
  readonly teacher: Float64Array;
  readonly flags: Uint32Array<ArrayBuffer>;
  readonly stats: Float64Array;
  readonly live: LiveWindow;
}

function gradientOf(id: BatchLossId, made: Made): Float64Array {
  const state = stateLosses.find((one) => one === id);
  if (state !== undefined) return ofStates(state, made);
  const relation = relationKinds.find((one) => one === id);
  if (relation !== undefined) return ofRelations(relation, made);
  const attention = attentionLossIds.find((one) => one === id);
  if (attention !== undefined) return ofAttention(attention, made);
  return ofColumns(id === 'dist_intra', made);
}

function ofStates(kind: StateLoss, { n, size, student, teacher, flags, stats, live }: Made): Float64Array {
  const gradient = new Float64Array(n * size);
  hiddenLoss.reference({ rows: n, size, kind, pairs: 1 }, [student, teacher, flags, gradient, stats], live);
  return gradient;
}

function ofRelations(kind: RelationKind, made: Made): Float64Array {
  const { n, size, teacherSize, student, teacher, flags, stats, live } = made;
  const products = kind === 'gram' || kind === 'similarity_preserving';
  const relate = (x: Float64Array, y: Float64Array, width: number): Float64Array => {
    const out = new Float64Array(n * n);
    pairRelation.reference({ n, size: width, kind: products ? 'product' : 'distance' }, [x, y, out], live);
    return out;
  };
  const own = relate(student, student, size);
  const taught = relate(teacher, teacher, teacherSize);
  const cross = kind === 'mmd_rbf' ? relate(student, teacher, size) : own;
  const sums = new Float64Array(n * relationSumWidth);
  for (let level = 0; level < relationLevels[kind]; level++)
    relationSums.reference({ n, kind, level }, [own, taught, cross, flags, sums], live);
  const weights = new Float64Array(relationWeights(n, kind));
  const params = { n, kind, studentSize: size, teacherSize, pairs: 1 };
  relationLoss.reference(params, [own, taught, cross, flags, sums, weights, stats], live);
  const gradient = new Float64Array(n * size);
  const buffers = [student, teacher, weights, gradient, stats];
  relationGradient.reference({ n, size, kind, pairs: 1, accumulate: false }, buffers, live);
  return gradient;
}

function ofAttention(id: AttentionLossId, made: Made): Float64Array {
  const { n, size, teacherSize, student, teacher, flags, stats, live } = made;
  const one = { batch: 1, positions: n, heads: 1, kvHeads: 1 };
  const own = new Float64Array(n * n);
  const kl = { batch: 1, positions: n, heads: 1, teacherHeads: 1, pairs: 1 };
  if (id === 'value_relation_kl') {
    const taught = new Float64Array(n * n);
    attentionWeights.reference({ ...one, width: teacherSize }, [teacher, teacher, taught], live);
    attentionWeights.reference({ ...one, width: size }, [student, student, own], live);
    attentionKl.reference({ ...kl, logs: true }, [taught, flags, own, stats], live);
    const gradient = new Float64Array(n * size);
    const params = { ...one, width: size, side: 'both', accumulate: false } as const;
    attentionKlGradient.reference(params, [own, student, student, gradient, stats], live);
    return gradient;
  }
  const width = size / 2;
  const [q, k] = [0, width].map((from) =>
    Float64Array.from(
      { length: n * width },
      (_, e) => student[Math.floor(e / width) * size + from + (e % width)] ?? 0,
    ),
  );
  if (q === undefined || k === undefined) return new Float64Array(n * size);
  attentionWeights.reference({ ...one, width }, [q, k, own], live);
  attentionKl.reference({ ...kl, logs: false }, [teacher, flags, own, stats], live);
  const gradient = new Float64Array(n * size);
  for (const [side, from] of [
    ['queries', 0],
    ['keys', width],
  ] as const) {
    const part = new Float64Array(n * width);
    attentionKlGradient.reference({ ...one, width, side, accumulate: false }, [own, q, k, part, stats], live);
    part.forEach((g, e) => {
      gradient[Math.floor(e / width) * size + from + (e % width)] = g;
    });
  }
  return gradient;
}

function ofColumns(intra: boolean, { n, size, student, teacher, flags, stats, live }: Made): Float64Array {
  const gradient = new Float64Array(n * size);
  const params = { rows: n, classes: size, slot: 0 };
  if (intra) {
    const [q, p] = [new Float64Array(n * size), new Float64Array(n * size)];
    const columns = new Float64Array(size * columnWidth);
    softmaxRows.reference({ rows: n, classes: size }, [student, teacher, flags, q, p], live);
    columnCorrelation.reference({ rows: n, classes: size }, [q, p, flags, columns], live);
    distIntra.reference(params, [q, p, columns, flags, gradient, stats], live);
  } else {
    const samples = new Uint32Array(n);
    const drawn = { ...params, allRows: n, first: 0 };
    sampledKl.reference(drawn, [student, teacher, flags, gradient, stats, samples], live);
  }
  return gradient;
}
