/** A trained student as an ONNX graph, from its tape; projections stay behind. Which file it becomes is sharing's affair. */
import { ancestors, type Model } from '../ops/compile.ts';
import type { OnnxScope, OnnxSequence, Value } from '../ops/tape.ts';
import { StillroomError } from '../spec/errors.ts';
import { OnnxBuilder, type OnnxGraph } from '../tensor/onnxGraph.ts';
import type { Parameter } from '../tensor/parameters.ts';
import { onnxSequence } from './onnxSequence.ts';

export interface GraphOptions {
  /** With the keys and values of earlier positions as inputs and outputs, in the manner of Hugging Face. */
  readonly cache?: boolean;
}

/**
 * Output `logits` float32. A student of numbers has the input `input` [N, …shape]; one of text `input_ids` int64 [N, S],
 * and with a cache also `position_ids` [N, S] and `past_key_values.i.key|value` [N, heads, P, width], which come out as
 * `present.i.key|value`. `numbers` holds each tensor of the parameter table in order; `metadata` travels in the file.
 * Errors: `export-no-cache` where there is no attention.
 */
export function studentGraph(
  model: Model,
  numbers: readonly Float32Array<ArrayBuffer>[],
  metadata: Readonly<Record<string, string>>,
  { cache = false }: GraphOptions = {},
): OnnxGraph {
  const { tape, input, logits } = model;
  const ofText = model.inputDtype === 'u32';
  if (cache && !tape.nodes.some((node) => node.op === 'attention')) throw noCache();
  const builder = new OnnxBuilder('student');
  const fed = ofText
    ? builder.input('input_ids', ['N', 'S'], 'int64')
    : builder.input('input', ['N', ...input.shape]);
  const sequence = ofText ? onnxSequence(builder, fed, cache) : null;
  const names = new Map<number, string>([[input.id, fed]]);
  const scope: OnnxScope = {
    builder,
    nameOf(value: Value) {
      const name = names.get(value.id);
      if (name === undefined) throw new RangeError(`value ${value.id} has no name yet`);
      return name;
    },
    setName(value: Value, name: string) {
      names.set(value.id, name);
    },
    parameter(parameter: Parameter) {
      const data = numbers[tape.table.entries.indexOf(parameter)];
      if (data === undefined) throw new RangeError(`${parameter.name} has no numbers`);
      return builder.initialiser(parameter.name, parameter.shape, data);
    },
    get sequence(): OnnxSequence {
      if (sequence === null) throw new RangeError('only a model of text has positions');
      return sequence;
    },
  };
  const wanted = ancestors(model);
  for (const node of tape.nodes) if (wanted.has(node.output.id)) node.onnx(scope);
  const shape = ofText ? ['N', 'S', ...logits.shape.slice(1)] : ['N', ...logits.shape];
  builder.output(scope.nameOf(logits), 'logits', shape);
  sequence?.declarePresent();
  for (const [key, value] of Object.entries(metadata)) builder.metadata(key, value);
  return builder.build();
}

function noCache(): StillroomError {
  return new StillroomError({
    code: 'export-no-cache',
    problem: 'Only attention has keys and values to keep, and this student has none',
    remedy: 'Export it without a cache',
  });
}
