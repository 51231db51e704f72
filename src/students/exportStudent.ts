/** A trained student as an ONNX graph, from its tape; projections stay behind. Which file it becomes is sharing's affair. */
import { ancestors, type Model } from '../ops/compile.ts';
import type { OnnxScope, Value } from '../ops/tape.ts';
import { OnnxBuilder, type OnnxGraph } from '../tensor/onnxGraph.ts';
import type { Parameter } from '../tensor/parameters.ts';

/**
 * Input `input` [N, …shape] and output `logits` [N, classes], float32. `numbers` holds each tensor of the parameter
 * table in order; `metadata` travels in the file.
 */
export function studentGraph(
  model: Model,
  numbers: readonly Float32Array<ArrayBuffer>[],
  metadata: Readonly<Record<string, string>>,
): OnnxGraph {
  const { tape, input, logits } = model;
  const builder = new OnnxBuilder('student');
  const names = new Map<number, string>([[input.id, builder.input('input', ['N', ...input.shape])]]);
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
  };
  const wanted = ancestors(model);
  for (const node of tape.nodes) if (wanted.has(node.output.id)) node.onnx(scope);
  builder.output(scope.nameOf(logits), 'logits', ['N', ...logits.shape]);
  for (const [key, value] of Object.entries(metadata)) builder.metadata(key, value);
  return builder.build();
}
