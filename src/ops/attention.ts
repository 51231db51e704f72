/** Causal attention over positions, with heads and grouped heads; and rotary positions, which turn queries and keys. */
import { attentionLengths, maxHeadWidth } from '../kernels/attention.ts';
import { chooseAttention } from '../kernels/attentionChoice.ts';
import { attentionStep } from '../kernels/attentionStep.ts';
import { rotary as rotaryKernel, rotaryTable } from '../kernels/rotary.ts';
import { scatterRows } from '../kernels/scatterRows.ts';
import { StillroomError } from '../spec/errors.ts';
import type { Parameter } from '../tensor/parameters.ts';
import { featuresOf, type OnnxScope, positionsOf, sizeOf, type Tape, type Value } from './tape.ts';

/** What attention reads: queries [positions, heads · width], keys and values [positions, kvHeads · width]. */
export interface AttentionOperands {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}

export interface AttentionHeads {
  readonly heads: number;
  /** Divides `heads`. */
  readonly kvHeads: number;
  /** Of one head. */
  readonly width: number;
}

/** Operands → [positions, heads · width]. Errors: `attention-heads`. */
export function attention(tape: Tape, operands: AttentionOperands, of: AttentionHeads): Value {
  checkHeads(of);
  const { q, k, v } = operands;
  const { heads, kvHeads, width } = of;
  const positions = positionsOf(q);
  const layer = tape.nodes.filter((node) => node.op === 'attention').length;
  const output = tape.value(q.shape);
  return tape.push({
    op: 'attention',
    inputs: [q, k, v],
    output,
    parameters: [],
    activation: 'none',
    // Half of the products: a query sees the keys up to itself.
    cost: { flops: 2 * positions * (positions + 1) * heads * width },
    forward(recorder) {
      const params = { batch: recorder.batch, positions, ...of };
      recorder.emit(chooseAttention(recorder.software, of).attention, params, [
        ...[q, k, v, output].map((value) => recorder.value(value)),
        recorder.saved(output, 'stats', attentionLengths(params).stats),
      ]);
    },
    step(recorder, step) {
      const { batch } = recorder;
      const [keys, values] = [k, v].map((value) => {
        const size = featuresOf(value);
        const all = step.cache(size);
        const params = { rows: batch, size, targetRows: batch * positions };
        recorder.emit(scatterRows, params, [step.place, recorder.value(value), all]);
        return all;
      });
      if (keys === undefined || values === undefined) return;
      const args = [recorder.value(q), keys, values, step.position, recorder.value(output)];
      recorder.emit(attentionStep, { batch, positions, ...of }, args);
    },
    vjp(recorder) {
      const params = { batch: recorder.batch, positions, ...of };
      const stats = recorder.saved(output, 'stats', attentionLengths(params).stats);
      const [queries, keys, values] = [q, k, v].map((value) => recorder.value(value));
      const dy = recorder.gradient(output);
      const { queryGradient, keyGradient } = chooseAttention(recorder.software, of);
      if (!queries || !keys || !values) return;
      const [dq, dk, dv] = [recorder.contribute(q), recorder.contribute(k), recorder.contribute(v)];
      recorder.emit(queryGradient, { ...params, accumulate: dq.accumulate }, [
        ...[queries, keys, values, recorder.value(output), dy],
        ...[stats, dq.window],
      ]);
      const additions = { accumulateKey: dk.accumulate, accumulateValue: dv.accumulate };
      recorder.emit(keyGradient, { ...params, ...additions }, [
        ...[queries, keys, values, dy, stats],
        ...[dk.window, dv.window],
      ]);
    },
    onnx(scope) {
      const { builder } = scope;
      const group = heads / kvHeads;
      const split = (value: Value) => {
        const shape = builder.constantI64(`heads${kvHeads}x${width}`, [0, 0, kvHeads, width]);
        const rows = builder.node('Reshape', [scope.nameOf(value), shape]);
        return builder.node('Transpose', [rows], { perm: [0, 2, 1, 3] });
      };
      const own = { keys: split(k), values: split(v), heads: kvHeads, width };
      const all = scope.sequence.extend(layer, own);
      // (N, kvHeads, group, S, width) against (N, kvHeads, 1, …): the group is broadcast.
      const grouped = builder.constantI64(`groups${kvHeads}x${group}x${width}`, [
        0,
        0,
        kvHeads,
        group,
        width,
      ]);
      const queries = builder.node('Transpose', [builder.node('Reshape', [scope.nameOf(q), grouped])], {
        perm: [0, 2, 3, 1, 4],
      });
      const axis = builder.constantI64('axis2', [2]);
      const keys = builder.node('Transpose', [builder.node('Unsqueeze', [all.keys, axis])], {
        perm: [0, 1, 2, 4, 3],
      });
      const values = builder.node('Unsqueeze', [all.values, axis]);
      const scale = builder.initialiser(`scale${width}`, [], Float32Array.of(1 / Math.sqrt(width)));
      const scores = builder.node('Mul', [builder.node('MatMul', [queries, keys]), scale]);
      const never = builder.initialiser('never', [], Float32Array.of(-1e30));
      const weights = builder.node('Softmax', [builder.node('Where', [all.seen, scores, never])], {
        axis: -1,
      });
      const mixed = builder.node('Transpose', [builder.node('MatMul', [weights, values])], {
        perm: [0, 3, 1, 2, 4],
      });
      const flat = builder.constantI64(`flat${heads * width}`, [0, 0, heads * width]);
      scope.setName(output, builder.node('Reshape', [mixed, flat]));
    },
  });
}

/** Cosines and sines of rotary positions for heads of this width: a constant that all layers share. */
export function rotaryAngles(tape: Tape, positions: number, { width }: AttentionHeads): Parameter {
  if (width % 2 !== 0) {
    throw new StillroomError({
      code: 'rotary-width',
      problem: 'Rotary positions turn pairs of numbers, and a head has an odd number of them',
      got: `heads of ${width}`,
      wanted: 'an even width',
      remedy: 'Choose another width, another number of heads, or learned positions',
      control: 'student.width',
    });
  }
  return tape.parameter({
    name: 'rotary',
    shape: [positions, width],
    initialiser: { kind: 'numbers', numbers: rotaryTable(positions, width) },
    decay: false,
    exported: false,
    frozen: true,
  });
}

/** x [positions, heads · width] → the same, each head turned by its position. `angles` as `rotaryAngles` made them. */
export function rotary(tape: Tape, x: Value, angles: Parameter): Value {
  const [positions = 1, width = 1] = angles.shape;
  const heads = featuresOf(x) / width;
  const output = tape.value(x.shape);
  return tape.push({
    op: 'rotary',
    inputs: [x],
    output,
    parameters: [angles],
    activation: 'none',
    cost: { flops: 3 * sizeOf(x) },
    forward(recorder) {
      const params = { rows: recorder.rowsOf(x), heads, width, positions };
      const args = [recorder.value(x), recorder.parameter(angles), recorder.value(output)];
      recorder.emit(rotaryKernel, { ...params, inverse: false, accumulate: false }, args);
    },
    step(recorder, step) {
      const params = { rows: recorder.batch, heads, width, positions: recorder.batch };
      const args = [recorder.value(x), step.rowOf(angles), recorder.value(output)];
      recorder.emit(rotaryKernel, { ...params, inverse: false, accumulate: false }, args);
    },
    vjp(recorder) {
      if (!recorder.needsGradient(x)) return;
      const dx = recorder.contribute(x);
      const params = { rows: recorder.rowsOf(x), heads, width, positions };
      const args = [recorder.gradient(output), recorder.parameter(angles), dx.window];
      recorder.emit(rotaryKernel, { ...params, inverse: true, accumulate: dx.accumulate }, args);
    },
    onnx(scope) {
      scope.setName(output, onnxRotary(scope, scope.nameOf(x), { heads, width, positions }));
    },
  });
}

function onnxRotary(
  scope: OnnxScope,
  x: string,
  { heads, width, positions }: { heads: number; width: number; positions: number },
): string {
  const { builder } = scope;
  const half = width / 2;
  const table = rotaryTable(positions, width);
  const [cosines, sines] = [0, half].map((first) => {
    const part = Float32Array.from(
      { length: positions * half },
      (_, i) => table[Math.floor(i / half) * width + first + (i % half)] ?? 0,
    );
    const whole = builder.initialiser(first === 0 ? 'cosines' : 'sines', [positions, half], part);
    const rows = builder.node('Gather', [whole, scope.sequence.positions], { axis: 0 });
    // One angle for all heads: [S, 1, half] or [N, S, 1, half].
    return builder.node('Unsqueeze', [rows, builder.constantI64('axis-2', [-2])]);
  });
  const shape = builder.constantI64(`heads${heads}x${width}`, [0, 0, heads, width]);
  const split = builder.node('Reshape', [x, shape]);
  const halves = builder.constantI64(`halves${half}`, [half, half]);
  const [a = '', b = ''] = builder.nodes('Split', [split, halves], 2, { axis: -1 });
  const times = (p: string, q: string | undefined) => builder.node('Mul', [p, q ?? '']);
  const turned = [
    builder.node('Sub', [times(a, cosines), times(b, sines)]),
    builder.node('Add', [times(b, cosines), times(a, sines)]),
  ];
  const flat = builder.constantI64(`flat${heads * width}`, [0, 0, heads * width]);
  return builder.node('Reshape', [builder.node('Concat', turned, { axis: -1 }), flat]);
}

/** Errors: `attention-heads`. */
export function checkHeads({ heads, kvHeads, width }: AttentionHeads): void {
  if (heads % kvHeads === 0 && Number.isInteger(width) && width >= 1 && width <= maxHeadWidth) return;
  throw new StillroomError({
    code: 'attention-heads',
    problem: 'The heads of attention do not divide what they share',
    got: `${heads} heads on ${kvHeads} of keys and values, each ${width} wide`,
    wanted: `heads that divide the width, are divided by those of keys and values, and are at most ${maxHeadWidth} wide`,
    remedy: 'Choose another width or another number of heads',
    control: 'student.heads',
  });
}
