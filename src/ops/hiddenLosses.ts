/**
 * The hidden-state losses of an arm as kernel calls: states compared one by one, or by how the rows of a batch relate to
 * each other; then, if asked for, brought to the size of the loss on logits. They run after the row loss.
 */
import { balanceHidden } from '../kernels/balanceHidden.ts';
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
import { scaleBy } from '../kernels/scaleBy.ts';
import { StillroomError } from '../spec/errors.ts';
import type { Window } from '../tensor/program.ts';
import { type AttentionPair, emitAttentionLoss } from './attentionLosses.ts';
import type { Recorder } from './recorder.ts';
import { sizeOf, type Value } from './tape.ts';

type StateLossId = StateLoss | RelationKind;

/** A student's hidden state against the teacher's in `teacher.hidden.<i>`. */
export interface HiddenPair {
  /** Projected to the teacher's width, where the loss needs equal widths. */
  readonly state: Value;
  /** Numbers of the teacher's state in one row: in a sample, or at each position of a text. */
  readonly teacherSize: number;
  readonly loss: StateLossId;
}

export interface HiddenLosses {
  readonly pairs: readonly (HiddenPair | AttentionPair)[];
  /** Rescaled to the size of the terms on logits, as a constant of the gradient. */
  readonly balance: boolean;
}

/** Rows of a batch: `positions` of each sample. */
interface BatchWindows {
  readonly positions: number;
  readonly flags: Window;
  readonly stats: Window;
}

/** Most rows of a batch whose relations are compared: memory grows with the square, angles with the cube. */
const mostRelated = { angles: 256, others: 1024 } as const;

/** Whether states are compared number by number, so that they must have one width. */
export function needsProjection(loss: StateLossId): boolean {
  return loss === 'mmd_rbf' || stateLosses.some((one) => one === loss);
}

export function hiddenSlot(pair: number): string {
  return `teacher.hidden.${pair}`;
}

/** Errors: `relation-batch`. */
export function emitHiddenLosses(
  recorder: Recorder,
  { pairs, balance }: HiddenLosses,
  batch: BatchWindows,
): void {
  const { positions, flags, stats } = batch;
  const rows = recorder.batch * positions;
  const gradients = new Map<string, Window>();
  pairs.forEach((pair, i) => {
    const teacher = { slot: hiddenSlot(i), offset: 0, length: rows * pair.teacherSize };
    if ('operands' in pair) {
      for (const window of emitAttentionLoss(recorder, pair, pairs.length, { teacher, flags, stats }))
        gradients.set(window.slot, window);
      return;
    }
    const state = stateLosses.find((one) => one === pair.loss);
    const relation = relationKinds.find((one) => one === pair.loss);
    if (state !== undefined) {
      const { window } = recorder.contribute(pair.state);
      const size = sizeOf(pair.state) / positions;
      recorder.emit(hiddenLoss, { rows, size, kind: state, pairs: pairs.length }, [
        recorder.value(pair.state),
        teacher,
        flags,
        window,
        stats,
      ]);
      gradients.set(window.slot, window);
    }
    if (relation !== undefined) {
      const window = emitRelation(recorder, pair, relation, pairs.length, { ...batch, teacher });
      gradients.set(window.slot, window);
    }
  });
  if (!balance) return;
  const factor = recorder.scratch(1);
  recorder.emit(balanceHidden, { rows }, [stats, factor]);
  for (const window of gradients.values())
    recorder.emit(scaleBy, { length: window.length }, [factor, window]);
}

function emitRelation(
  recorder: Recorder,
  pair: HiddenPair,
  kind: RelationKind,
  pairs: number,
  { positions, teacher, flags, stats }: BatchWindows & { readonly teacher: Window },
): Window {
  const n = recorder.batch * positions;
  checkBatch(kind, n);
  const student = recorder.value(pair.state);
  const [studentSize, teacherSize] = [sizeOf(pair.state) / positions, pair.teacherSize];
  const relate = (x: Window, y: Window, size: number): Window => {
    const out = recorder.scratch(n * n);
    const products = kind === 'gram' || kind === 'similarity_preserving';
    recorder.emit(pairRelation, { n, size, kind: products ? 'product' : 'distance' }, [x, y, out]);
    return out;
  };
  const own = relate(student, student, studentSize);
  const taught = relate(teacher, teacher, teacherSize);
  const cross = kind === 'mmd_rbf' ? relate(student, teacher, studentSize) : own;
  const sums = recorder.scratch(n * relationSumWidth);
  for (let level = 0; level < relationLevels[kind]; level++) {
    recorder.emit(relationSums, { n, kind, level }, [own, taught, cross, flags, sums]);
  }
  const weights = recorder.scratch(relationWeights(n, kind));
  const params = { n, kind, studentSize, teacherSize, pairs };
  recorder.emit(relationLoss, params, [own, taught, cross, flags, sums, weights, stats]);
  const { window, accumulate } = recorder.contribute(pair.state);
  recorder.emit(relationGradient, { n, size: studentSize, kind, pairs, accumulate }, [
    student,
    teacher,
    weights,
    window,
    stats,
  ]);
  return window;
}

function checkBatch(kind: RelationKind, batch: number): void {
  const most = kind === 'relational' ? mostRelated.angles : mostRelated.others;
  if (batch <= most) return;
  throw new StillroomError({
    code: 'relation-batch',
    problem: `${kind} compares every row of a batch with every other`,
    got: `${batch} rows in a batch`,
    wanted: `at most ${most}`,
    remedy: 'Choose a smaller batch, and accumulate more of them',
    control: 'training.batch',
  });
}
