/**
 * From a tape with attention to a Program that leaves queries and keys of every layer where they can be read, rotary
 * positions applied: what a picture of attention is made of, since training keeps no weight.
 */
import { type Planned, plan } from '../tensor/plan.ts';
import type { Slot } from '../tensor/program.ts';
import { ancestors, type CompileOptions, type Model, parameterSlots } from './compile.ts';
import { Recorder } from './recorder.ts';
import { sizeOf, type Value } from './tape.ts';

/** Layers of attention in order of depth; slots `input`, `queries.*`, `keys.*`, `parameters.*`. */
export function compileQueries(model: Model, options: CompileOptions): Planned & { readonly layers: number } {
  const { tape, input, inputDtype } = model;
  const { batch } = options;
  const wanted = ancestors(model);
  const nodes = tape.nodes.filter((node) => wanted.has(node.output.id));
  const layers = nodes.filter((node) => node.op === 'attention');
  const fixed = new Map([[tape.root(input), 'input']]);
  const slots: Slot[] = [{ name: 'input', dtype: inputDtype, length: batch * sizeOf(input) }];
  const keep = (value: Value | undefined, name: string) => {
    if (value === undefined) return;
    fixed.set(tape.root(value), name);
    slots.push({ name, dtype: 'f32', length: batch * sizeOf(value) });
  };
  layers.forEach(({ inputs: [queries, keys] }, layer) => {
    keep(queries, `queries.${layer}`);
    keep(keys, `keys.${layer}`);
  });
  const recorder = new Recorder(tape, { ...options, training: false, accumulate: false, fixed });
  // What comes after the last layer of attention is not asked for.
  const last = layers.at(-1);
  for (const node of last === undefined ? [] : nodes.slice(0, nodes.indexOf(last))) node.forward(recorder);
  const planned = plan('queries', recorder.calls, recorder.tensors, [
    ...slots,
    ...parameterSlots(tape, false),
  ]);
  return { ...planned, layers: layers.length };
}
