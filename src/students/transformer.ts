/**
 * A decoder over tokens (Vaswani et al. 2017; Radford et al. 2019; Touvron et al. 2023): normalisation before each branch,
 * causal attention, then GELU or SwiGLU, then a head that may share the embedding's table.
 */
import { activation } from '../ops/activation.ts';
import { type AttentionOperands, attention, checkHeads, rotary, rotaryAngles } from '../ops/attention.ts';
import { dropout } from '../ops/dropout.ts';
import { embedding, learnedPositions } from '../ops/embedding.ts';
import { swigluGate } from '../ops/gate.ts';
import { linear } from '../ops/linear.ts';
import { layerNorm, rmsNorm } from '../ops/norm.ts';
import { residual } from '../ops/residual.ts';
import { sizeOf, type Tape, type Value } from '../ops/tape.ts';
import type { StudentSpec } from '../spec/runSpec.ts';
import type { Student } from './student.ts';

type Spec = StudentSpec & { kind: 'transformer' };

/** Tokens [positions] → logits [positions, classes]. Errors: `attention-heads`, `rotary-width`. */
export function transformer(tape: Tape, tokens: Value, spec: Spec, classes: number): Student {
  const { width, norm } = spec;
  const head = { heads: spec.heads, kvHeads: spec.kvHeads, width: width / spec.heads };
  checkHeads(head);
  const normalise = (x: Value) => (norm === 'rms' ? rmsNorm(tape, x) : layerNorm(tape, x));
  // With an RMS normalisation goes a network without biases (Llama), with layer normalisation one that has them (GPT-2).
  const dense = (x: Value, outputs: number) =>
    linear(tape, x, { outputs, activation: 'none', bias: norm === 'layer' });
  const { output, table } = embedding(tape, tokens, { vocabulary: classes, width });
  const angles = spec.positions === 'rotary' ? rotaryAngles(tape, sizeOf(tokens), head) : null;
  const turned = (x: Value) => (angles === null ? x : rotary(tape, x, angles));
  const hidden: Value[] = [];
  const operands: AttentionOperands[] = [];
  let x = dropout(tape, angles === null ? learnedPositions(tape, output) : output, spec.dropout);
  for (let layer = 0; layer < spec.layers; layer++) {
    const h = normalise(x);
    const q = turned(dense(h, width));
    const k = turned(dense(h, head.kvHeads * head.width));
    const own = { q, k, v: dense(h, head.kvHeads * head.width) };
    operands.push(own);
    x = residual(tape, x, dropout(tape, dense(attention(tape, own, head), width), spec.dropout));
    x = residual(tape, x, dropout(tape, mlp(tape, normalise(x), spec, dense), spec.dropout));
    hidden.push(x);
  }
  const tied = spec.tied ? { tied: table } : {};
  const logits = linear(tape, normalise(x), { outputs: classes, activation: 'none', bias: false, ...tied });
  return { logits, hidden, attention: { heads: head, layers: operands } };
}

/** Four times the width with GELU; with SwiGLU, which has three matrices, as many parameters. */
function mlp(tape: Tape, x: Value, spec: Spec, dense: (x: Value, outputs: number) => Value): Value {
  if (spec.mlp === 'gelu') return dense(activation(tape, dense(x, 4 * spec.width), 'gelu'), spec.width);
  const inner = 8 * Math.ceil(spec.width / 3);
  return dense(swigluGate(tape, dense(x, inner), dense(x, inner)), spec.width);
}
