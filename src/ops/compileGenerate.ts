/**
 * From a tape to a Program that writes one token more to each of a batch of sequences: the layers at one position, keys and
 * values kept in caches of full length, a draw, and the position moved on. Run again and again it writes a text, and
 * nothing of it passes the CPU. Its caches hold nothing that is read before it is written.
 */
import { gatherRows } from '../kernels/gatherRows.ts';
import { sampleToken } from '../kernels/sampleToken.ts';
import type { Parameter } from '../tensor/parameters.ts';
import { type Planned, plan } from '../tensor/plan.ts';
import type { Slot, Window } from '../tensor/program.ts';
import { ancestors, type CompileOptions, classesOf, type Model, parameterSlots } from './compile.ts';
import { Recorder } from './recorder.ts';
import type { PositionStep } from './tape.ts';

/**
 * Slots: `sequence` u32 (batch, positions), `prompt`, `position`, `place` u32 (batch): how many tokens of each sequence
 * are given, where each stands, and which row of (batch × positions) that is; `cache.*`; `parameters.*`.
 */
export function compileGenerate(model: Model, options: CompileOptions): Planned {
  const { tape, input, logits, positions } = model;
  const { batch } = options;
  const slots: Slot[] = [];
  const slot = (name: string, length: number, dtype: Slot['dtype'] = 'u32'): Window => {
    slots.push({ name, dtype, length });
    return { slot: name, offset: 0, length };
  };
  const [sequence, prompt] = [slot('sequence', batch * positions), slot('prompt', batch)];
  const [position, place] = [slot('position', batch), slot('place', batch)];
  const recorder = new Recorder(tape, {
    ...options,
    ...{ training: false, accumulate: false, onePosition: true, fixed: new Map() },
  });
  const gathered = new Map<string, Window>();
  const step: PositionStep = {
    position,
    place,
    positions,
    cache: (width) => slot(`cache.${slots.length}`, batch * positions * width, 'f32'),
    rowOf(parameter: Parameter) {
      const [rows = 1, size = 1] = parameter.shape;
      const known = gathered.get(parameter.name);
      const own = known ?? recorder.scratch(batch * size);
      gathered.set(parameter.name, own);
      const table = recorder.parameter(parameter);
      if (!known) recorder.emit(gatherRows, { rows: batch, size, sourceRows: rows }, [position, table, own]);
      return own;
    },
  };
  const token = recorder.value(input);
  recorder.emit(gatherRows, { rows: batch, size: 1, sourceRows: batch * positions }, [
    place,
    sequence,
    token,
  ]);
  const wanted = ancestors(model);
  for (const node of tape.nodes) {
    if (!wanted.has(node.output.id)) continue;
    if (node.step === undefined) node.forward(recorder);
    else node.step(recorder, step);
  }
  recorder.emit(sampleToken, { batch, classes: classesOf(model), positions }, [
    recorder.value(logits),
    ...[prompt, sequence, position, place],
  ]);
  return plan('generate', recorder.calls, recorder.tensors, [...slots, ...parameterSlots(tape, false)]);
}
