/**
 * A convolutional decoder over tokens: blocks of normalisation, a convolution over the last few positions and an
 * activation, each added to what it read. It sees as far back as its taps add up to: a student need not look like its teacher.
 */
import { activation } from '../ops/activation.ts';
import { causalConv as convolution } from '../ops/causalConv.ts';
import { dropout } from '../ops/dropout.ts';
import { embedding } from '../ops/embedding.ts';
import { linear } from '../ops/linear.ts';
import { rmsNorm } from '../ops/norm.ts';
import { residual } from '../ops/residual.ts';
import type { Tape, Value } from '../ops/tape.ts';
import type { StudentSpec } from '../spec/runSpec.ts';
import type { Student } from './student.ts';

/** Tokens [positions] → logits [positions, classes]. */
export function causalConv(
  tape: Tape,
  tokens: Value,
  spec: StudentSpec & { kind: 'causal_conv' },
  classes: number,
): Student {
  const { width, kernel } = spec;
  const fused = spec.activation === 'gelu' ? 'none' : spec.activation;
  const gain = spec.activation === 'tanh' ? 'plain' : 'rectifier';
  const { output, table } = embedding(tape, tokens, { vocabulary: classes, width });
  const hidden: Value[] = [];
  let x = dropout(tape, output, spec.dropout);
  for (let layer = 0; layer < spec.layers; layer++) {
    let branch = convolution(tape, rmsNorm(tape, x), { outputs: 2 * width, activation: fused, gain, kernel });
    if (fused === 'none') branch = activation(tape, branch, spec.activation);
    branch = linear(tape, branch, { outputs: width, activation: 'none' });
    x = residual(tape, x, dropout(tape, branch, spec.dropout));
    hidden.push(x);
  }
  const tied = spec.tied ? { tied: table } : {};
  const logits = linear(tape, rmsNorm(tape, x), {
    outputs: classes,
    activation: 'none',
    bias: false,
    ...tied,
  });
  return { logits, hidden };
}
