/**
 * Relations of attention as kernel calls (Wang et al., MiniLM, arXiv 2002.10957): a student's weights against its teacher's,
 * or how the student's values lie to each other against the same of a tensor of the teacher. They run after the row loss.
 */
import type { AttentionParams } from '../kernels/attention.ts';
import { type AttentionLossId, attentionKl } from '../kernels/attentionKl.ts';
import { attentionKlGradient } from '../kernels/attentionKlGradient.ts';
import { attentionWeights } from '../kernels/attentionWeights.ts';
import { StillroomError } from '../spec/errors.ts';
import type { Window } from '../tensor/program.ts';
import type { AttentionHeads, AttentionOperands } from './attention.ts';
import type { Contribution, Recorder } from './recorder.ts';
import { positionsOf, type Value } from './tape.ts';

/** A layer of attention against the teacher's tensor in `teacher.hidden.<i>`. */
export interface AttentionPair {
  readonly loss: AttentionLossId;
  readonly operands: AttentionOperands;
  readonly heads: AttentionHeads;
  /** Of one row: heads × positions of weights, or numbers that divide among the student's heads of values. */
  readonly teacherSize: number;
}

/** Errors: `attention-heads-taught` where the teacher's numbers do not divide among the student's heads. */
export function checkAttentionPair({ loss, operands, heads, teacherSize }: AttentionPair): void {
  const positions = positionsOf(operands.q);
  const [unit, of] =
    loss === 'attention_kl' ? [positions * heads.heads, 'heads'] : [heads.kvHeads, 'heads of values'];
  if (teacherSize % unit === 0) return;
  const got = loss === 'attention_kl' ? `${teacherSize / positions} heads` : `${teacherSize} numbers a token`;
  throw new StillroomError({
    code: 'attention-heads-taught',
    problem: "The teacher's tensor does not divide among the student's heads",
    got,
    wanted: `a multiple of the student's ${unit / (loss === 'attention_kl' ? positions : 1)} ${of}`,
    remedy:
      loss === 'attention_kl'
        ? 'Choose weights of attention [texts, heads, tokens, tokens], or another number of heads for the student'
        : 'Choose another tensor, or another number of heads of values for the student',
    control: 'objective.hidden',
  });
}

/** The windows of the gradients that it wrote. */
export function emitAttentionLoss(
  recorder: Recorder,
  pair: AttentionPair,
  pairs: number,
  { teacher, flags, stats }: { readonly teacher: Window; readonly flags: Window; readonly stats: Window },
): readonly Window[] {
  const { q, k, v } = pair.operands;
  const positions = positionsOf(q);
  const rows = { batch: recorder.batch, positions };
  const weightsOf = (params: AttentionParams, x: Window, y: Window): Window => {
    const out = recorder.scratch(params.batch * params.positions ** 2 * params.heads);
    recorder.emit(attentionWeights, params, [x, y, out]);
    return out;
  };
  const toGradient = (params: AttentionParams, slopes: Window, [x, y]: readonly [Value, Value]) => {
    const emit = (side: 'queries' | 'keys' | 'both', { window, accumulate }: Contribution): Window => {
      const args = [slopes, recorder.value(x), recorder.value(y), window, stats];
      recorder.emit(attentionKlGradient, { ...params, side, accumulate }, args);
      return window;
    };
    if (x === y) return [emit('both', recorder.contribute(x))];
    return [emit('queries', recorder.contribute(x)), emit('keys', recorder.contribute(y))];
  };
  const compare = (heads: number, teacherHeads: number, taught: Window, own: Window, logs: boolean): void => {
    recorder.emit(attentionKl, { ...rows, heads, teacherHeads, logs, pairs }, [taught, flags, own, stats]);
  };
  if (pair.loss === 'attention_kl') {
    const params = { ...rows, ...pair.heads };
    const own = weightsOf(params, recorder.value(q), recorder.value(k));
    compare(params.heads, pair.teacherSize / positions, teacher, own, false);
    return toGradient(params, own, [q, k]);
  }
  const { kvHeads, width } = pair.heads;
  const params = { ...rows, heads: kvHeads, kvHeads, width };
  const taught = weightsOf({ ...params, width: pair.teacherSize / kvHeads }, teacher, teacher);
  const own = weightsOf(params, recorder.value(v), recorder.value(v));
  compare(kvHeads, kvHeads, taught, own, true);
  return toGradient(params, own, [v, v]);
}
