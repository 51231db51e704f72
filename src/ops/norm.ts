/**
 * Normalisation with gain and bias: of whole rows (Ba et al. 2016) or of groups of channels (Wu and He 2018). One
 * kernel does both; the ONNX nodes differ.
 */
import {
  type GroupNormParams,
  groupNormEpsilon,
  groupNorm as groupNormKernel,
} from '../kernels/groupNorm.ts';
import { groupNormGradient } from '../kernels/groupNormGradient.ts';
import { groupNormParameterGradient } from '../kernels/groupNormParameterGradient.ts';
import type { Parameter } from '../tensor/parameters.ts';
import { type OnnxScope, sizeOf, type Tape, type Value } from './tape.ts';

/** x [features] → [features], each sample's row to mean 0 and variance 1 before gain and bias. */
export function layerNorm(tape: Tape, x: Value): Value {
  const features = sizeOf(x);
  return norm(tape, x, { channels: features, groups: 1, spatial: 1 }, (scope, gain, bias) => {
    const inputs = [scope.nameOf(x), scope.parameter(gain), scope.parameter(bias)];
    return scope.builder.node('LayerNormalization', inputs, {
      axis: -1,
      epsilon: { float: groupNormEpsilon },
    });
  });
}

/** x [channels, height, width] → the same; groups of about eight channels, fewer where eight does not divide them. */
export function groupNorm(tape: Tape, x: Value): Value {
  const [channels = 1, height = 1, width = 1] = x.shape;
  const groups = groupsOf(channels);
  return norm(tape, x, { channels, groups, spatial: height * width }, (scope, gain, bias) => {
    const { builder } = scope;
    const shapes = (name: string, values: readonly number[]) =>
      builder.initialiser(name, [values.length], BigInt64Array.from(values, BigInt));
    const ones = builder.initialiser(`ones${groups}`, [groups], new Float32Array(groups).fill(1));
    const zeros = builder.initialiser(`zeros${groups}`, [groups], new Float32Array(groups));
    // A 0 keeps the batch; −1 takes the rest.
    const grouped = builder.node('Reshape', [scope.nameOf(x), shapes(`grouped${groups}`, [0, groups, -1])]);
    const normal = builder.node('InstanceNormalization', [grouped, ones, zeros], {
      epsilon: { float: groupNormEpsilon },
    });
    const whole = builder.node('Reshape', [
      normal,
      shapes(`image${x.shape.join('x')}`, [0, channels, height, width]),
    ]);
    const perChannel = (parameter: Parameter) =>
      builder.node('Reshape', [
        scope.parameter(parameter),
        shapes(`channels${channels}`, [1, channels, 1, 1]),
      ]);
    return builder.node('Add', [builder.node('Mul', [whole, perChannel(gain)]), perChannel(bias)]);
  });
}

function groupsOf(channels: number): number {
  for (let groups = Math.max(1, Math.floor(channels / 8)); groups > 1; groups--) {
    if (channels % groups === 0) return groups;
  }
  return 1;
}

function norm(
  tape: Tape,
  x: Value,
  sizes: Omit<GroupNormParams, 'batch'>,
  onnx: (scope: OnnxScope, gain: Parameter, bias: Parameter) => string,
): Value {
  const output = tape.value(x.shape);
  const name = `norm${tape.count()}`;
  const role = (suffix: string, value: number): Parameter =>
    tape.parameter({
      name: `${name}.${suffix}`,
      shape: [sizes.channels],
      initialiser: { kind: 'constant', value },
      decay: false,
      exported: true,
    });
  const [gain, bias] = [role('gain', 1), role('bias', 0)];
  return tape.push({
    op: 'norm',
    inputs: [x],
    output,
    parameters: [gain, bias],
    activation: 'none',
    cost: { flops: 8 * sizeOf(x) },
    forward(recorder) {
      const params = { batch: recorder.batch, ...sizes };
      const stats = recorder.saved(output, 'stats', 2 * recorder.batch * sizes.groups);
      const args = [
        recorder.value(x),
        recorder.parameter(gain),
        recorder.parameter(bias),
        recorder.value(output),
        stats,
      ];
      recorder.emit(groupNormKernel, params, args);
    },
    vjp(recorder) {
      const params = { batch: recorder.batch, ...sizes };
      const stats = recorder.saved(output, 'stats', 2 * recorder.batch * sizes.groups);
      const [input, dy] = [recorder.value(x), recorder.gradient(output)];
      const [dgain, dbias] = [recorder.parameterGradient(gain), recorder.parameterGradient(bias)];
      recorder.emit(groupNormParameterGradient, { ...params, accumulate: dgain.accumulate }, [
        input,
        stats,
        dy,
        dgain.window,
        dbias.window,
      ]);
      if (!recorder.needsGradient(x)) return;
      const dx = recorder.contribute(x);
      recorder.emit(groupNormGradient, { ...params, accumulate: dx.accumulate }, [
        input,
        recorder.parameter(gain),
        stats,
        dy,
        dx.window,
      ]);
    },
    onnx(scope) {
      scope.setName(output, onnx(scope, gain, bias));
    },
  });
}
