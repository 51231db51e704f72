/**
 * The losses of given logits without a student: for whoever asks what a loss is on numbers of their own. The kernels, their
 * form on this adapter and their order are those of training.
 */
import type { ArmTerm } from '../kernels/rankedTerms.ts';
import type { AdapterSummary } from '../tensor/executor.ts';
import { type Planned, plan } from '../tensor/plan.ts';
import { emitLosses, type Model, statsWidth } from './compile.ts';
import { Recorder } from './recorder.ts';
import { Tape } from './tape.ts';

/** What of an adapter decides which form of a kernel runs. */
export type AdapterKind = Pick<AdapterSummary, 'software' | 'subgroup' | 'workgroup'>;

/** Slots: `logits`, `teacher`, `gradient` (rows, classes), `labels`, `flags` (rows), `stats` (rows, 16). */
export function compileLosses(
  terms: readonly ArmTerm[],
  { rows, classes }: { readonly rows: number; readonly classes: number },
  { software, subgroup, workgroup }: AdapterKind,
): Planned {
  const tape = new Tape();
  const logits = tape.value([classes]);
  const model: Model = {
    tape,
    input: logits,
    inputDtype: 'f32',
    positions: 1,
    logits,
    layers: [],
    hidden: { pairs: [], balance: false },
  };
  const fixed = new Map([[tape.root(logits), 'logits']]);
  const recorder = new Recorder(tape, {
    batch: rows,
    training: true,
    software,
    subgroup,
    workgroup,
    accumulate: false,
    fixed,
  });
  emitLosses(recorder, model, terms);
  // The gradient stays outside of the slabs, for whoever asked.
  const { slot: name } = recorder.gradient(logits);
  recorder.tensors.delete(name);
  const calls = recorder.calls.map((call) => ({
    ...call,
    args: call.args.map((window) => (window.slot === name ? { ...window, slot: 'gradient' } : window)),
  }));
  const all = rows * classes;
  return plan('losses', calls, recorder.tensors, [
    { name: 'logits', dtype: 'f32', length: all },
    { name: 'teacher', dtype: 'f32', length: all },
    { name: 'gradient', dtype: 'f32', length: all },
    { name: 'labels', dtype: 'u32', length: rows },
    { name: 'flags', dtype: 'u32', length: rows },
    { name: 'stats', dtype: 'f32', length: rows * statsWidth },
  ]);
}
