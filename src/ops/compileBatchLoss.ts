/**
 * A loss on given hidden states without a student, as the kernels of training compute it: for checks of what an executor
 * makes of it. Losses on logits have compileLosses.
 */
import { type AttentionLossId, attentionLossIds } from '../kernels/attentionKl.ts';
import type { StateLoss } from '../kernels/hiddenLoss.ts';
import type { RelationKind } from '../kernels/relationSums.ts';
import { type Planned, plan } from '../tensor/plan.ts';
import type { Slot, Window } from '../tensor/program.ts';
import { statsWidth } from './compile.ts';
import type { AdapterKind } from './compileLosses.ts';
import { emitHiddenLosses, type HiddenPair, hiddenSlot } from './hiddenLosses.ts';
import { Recorder } from './recorder.ts';
import { Tape, type Value } from './tape.ts';

export interface StateBatch {
  readonly rows: number;
  /** Numbers of a row of the student (of the query and of the key alike, or of the values), and of the teacher. */
  readonly size: number;
  readonly teacherSize: number;
}

/** The slots that hold the student's states, in order; each has its gradient in `gradient.<slot>`. */
export function stateSlots(loss: StateLoss | RelationKind | AttentionLossId): readonly string[] {
  if (loss === 'attention_kl') return ['q', 'k'];
  return loss === 'value_relation_kl' ? ['v'] : ['state'];
}

/** Slots: those of `stateSlots` and their gradients, `teacher.hidden.0`, `flags` (rows), `stats` (rows, 16). */
export function compileBatchLoss(
  loss: StateLoss | RelationKind | AttentionLossId,
  { rows, size, teacherSize }: StateBatch,
  { software, subgroup, workgroup }: AdapterKind,
): Planned {
  const tape = new Tape();
  const attention = attentionLossIds.find((id) => id === loss);
  const names = attention === undefined ? ['state'] : ['q', 'k', 'v'];
  const values = new Map(
    names.map((name) => [name, tape.value(attention === undefined ? [size] : [rows, size])]),
  );
  const fixed = new Map([...values].map(([name, value]) => [tape.root(value), name]));
  const recorder = new Recorder(tape, {
    batch: attention === undefined ? rows : 1,
    training: true,
    software,
    subgroup,
    workgroup,
    accumulate: false,
    fixed,
  });
  const stateOf = (name: string): Value => values.get(name) ?? tape.value([size]);
  const whole = (slot: string, length: number): Window => ({ slot, offset: 0, length });
  const heads = { heads: 1, kvHeads: 1, width: size };
  const pair =
    attention === undefined
      ? { state: stateOf('state'), teacherSize, loss: loss as HiddenPair['loss'] }
      : {
          loss: attention,
          operands: { q: stateOf('q'), k: stateOf('k'), v: stateOf('v') },
          heads,
          teacherSize,
        };
  emitHiddenLosses(
    recorder,
    { pairs: [pair], balance: false },
    {
      positions: attention === undefined ? 1 : rows,
      flags: whole('flags', rows),
      stats: whole('stats', rows * statsWidth),
    },
  );
  // The gradients stay outside of the slabs, for whoever asked.
  const kept = new Map(
    stateSlots(loss).map((name) => {
      const { slot } = recorder.gradient(stateOf(name));
      recorder.tensors.delete(slot);
      return [slot, `gradient.${name}`] as const;
    }),
  );
  const calls = recorder.calls.map((call) => ({
    ...call,
    args: call.args.map((window) => ({ ...window, slot: kept.get(window.slot) ?? window.slot })),
  }));
  const slot = (name: string, length: number): Slot => ({ name, dtype: 'f32', length });
  return plan('states', calls, recorder.tensors, [
    ...[...values.keys(), ...kept.values()].map((name) => slot(name, rows * size)),
    slot(hiddenSlot(0), rows * teacherSize),
    { name: 'flags', dtype: 'u32', length: rows },
    slot('stats', rows * statsWidth),
  ]);
}
