/** From a tape to a Program that leaves every hidden state of a student where it can be read, in one pass without dropout. */
import { type Planned, plan } from '../tensor/plan.ts';
import type { Slot } from '../tensor/program.ts';
import { type CompileOptions, type Model, parameterSlots } from './compile.ts';
import { Recorder } from './recorder.ts';
import { sizeOf } from './tape.ts';

export interface CompiledStates {
  readonly planned: Planned;
  /** The slot of each hidden state, in order of depth, and the numbers of one sample in it. */
  readonly states: readonly { readonly slot: string; readonly size: number }[];
}

/** Slots: `input`, `parameters.*`, and those of the states. */
export function compileStates(model: Model, options: CompileOptions): CompiledStates {
  const { tape, input, inputDtype, layers } = model;
  const { batch } = options;
  const fixed = new Map([[tape.root(input), 'input']]);
  const recorder = new Recorder(tape, { ...options, training: false, accumulate: false, fixed });
  const last = Math.max(-1, ...layers.map((layer) => tape.nodes.findIndex(({ output }) => output === layer)));
  for (const node of tape.nodes.slice(0, last + 1)) node.forward(recorder);
  const states = layers.map((layer) => ({ slot: recorder.value(layer).slot, size: sizeOf(layer) }));
  // They stay outside of the slabs, so that no later layer writes over them.
  for (const { slot } of states) recorder.tensors.delete(slot);
  const kept = new Map(
    states.map(({ slot, size }): [string, Slot] => [
      slot,
      { name: slot, dtype: 'f32', length: batch * size },
    ]),
  );
  const planned = plan('states', recorder.calls, recorder.tensors, [
    { name: 'input', dtype: inputDtype, length: batch * sizeOf(input) },
    ...kept.values(),
    ...parameterSlots(tape, false),
  ]);
  return { planned, states };
}
