/** A small convolutional network: blocks of convolution 3×3, normalisation, activation, pooling 2×2, then dense layers. */
import { activation } from '../ops/activation.ts';
import { conv2d } from '../ops/conv2d.ts';
import { dropout } from '../ops/dropout.ts';
import { flatten } from '../ops/flatten.ts';
import { linear } from '../ops/linear.ts';
import { groupNorm } from '../ops/norm.ts';
import { pool2d } from '../ops/pool2d.ts';
import type { Tape, Value } from '../ops/tape.ts';
import { StillroomError } from '../spec/errors.ts';
import type { StudentSpec } from '../spec/runSpec.ts';
import type { Student } from './student.ts';

/** Errors: `student-image` where the input is no image, `student-pooled-away` where the blocks shrink it to nothing. */
export function cnn(tape: Tape, input: Value, spec: StudentSpec & { kind: 'cnn' }, classes: number): Student {
  checkImage(input, spec.channels.length);
  const fused = spec.activation === 'gelu' ? 'none' : spec.activation;
  const gain = spec.activation === 'tanh' ? 'plain' : 'rectifier';
  const hidden: Value[] = [];
  let x = input;
  for (const channels of spec.channels) {
    x = conv2d(tape, x, { channels, activation: spec.norm === 'none' ? fused : 'none', gain });
    if (spec.norm === 'group') x = groupNorm(tape, x);
    if (spec.norm === 'group' || fused === 'none') x = activation(tape, x, spec.activation);
    x = pool2d(tape, x, spec.pool);
    hidden.push(x);
  }
  x = flatten(tape, x);
  if (spec.hidden > 0) {
    x = linear(tape, x, { outputs: spec.hidden, activation: fused, gain });
    if (fused === 'none') x = activation(tape, x, spec.activation);
    hidden.push(x);
  }
  x = dropout(tape, x, spec.dropout);
  return { logits: linear(tape, x, { outputs: classes, activation: 'none' }), hidden };
}

function checkImage(input: Value, blocks: number): void {
  const [, height = 0, width = 0] = input.shape;
  if (input.shape.length !== 3) {
    throw new StillroomError({
      code: 'student-image',
      problem: 'A convolutional student needs images',
      got: `samples of shape [${input.shape.join(', ')}]`,
      wanted: '[channels, height, width]',
      remedy: 'Choose the mlp student for this task',
      control: 'student.kind',
    });
  }
  const most = Math.floor(Math.log2(Math.min(height, width)));
  if (blocks <= most) return;
  throw new StillroomError({
    code: 'student-pooled-away',
    problem: 'Each block halves the image, and nothing would be left of it',
    got: `${blocks} blocks on ${height} × ${width}`,
    wanted: `at most ${most}`,
    remedy: 'Remove blocks',
    control: 'student.channels',
  });
}
