/** A multilayer perceptron: dense layers with an activation, optionally normalised (Ba et al. 2016) and dropped out. */
import { activation } from '../ops/activation.ts';
import { dropout } from '../ops/dropout.ts';
import { flatten } from '../ops/flatten.ts';
import { linear } from '../ops/linear.ts';
import { layerNorm } from '../ops/norm.ts';
import type { Tape, Value } from '../ops/tape.ts';
import type { StudentSpec } from '../spec/runSpec.ts';
import type { Student } from './student.ts';

export function mlp(tape: Tape, input: Value, spec: StudentSpec & { kind: 'mlp' }, classes: number): Student {
  const fused = spec.norm === 'none' && spec.activation !== 'gelu' ? spec.activation : 'none';
  const gain = spec.activation === 'tanh' ? 'plain' : 'rectifier';
  const hidden: Value[] = [];
  let x = flatten(tape, input);
  for (const outputs of spec.hidden) {
    x = linear(tape, x, { outputs, activation: fused, gain });
    if (spec.norm === 'layer') x = layerNorm(tape, x);
    if (fused === 'none') x = activation(tape, x, spec.activation);
    hidden.push(x);
    x = dropout(tape, x, spec.dropout);
  }
  return { logits: linear(tape, x, { outputs: classes, activation: 'none' }), hidden };
}
