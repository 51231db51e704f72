/**
 * Normalisation with gain and bias: of whole rows (Ba et al. 2016) or of groups of channels (Wu and He 2018), and with a
 * gain alone by the root mean square (Zhang and Sennrich 2019). One kernel does them all; the ONNX nodes differ.
 */
import { type GroupNormParams, groupNormEpsilon } from '../kernels/groupNorm.ts';
import { chooseNorm } from '../kernels/normChoice.ts';
import type { Parameter } from '../tensor/parameters.ts';
import { featuresOf, type OnnxScope, sizeOf, type Tape, type Value } from './tape.ts';

/** x [features] or [positions, features] → the same, each row to mean 0 and variance 1 before gain and bias. */
export function layerNorm(tape: Tape, x: Value): Value {
  const features = featuresOf(x);
  return norm(tape, x, { channels: features, groups: 1, spatial: 1 }, (scope, gain, bias) => {
    const inputs = [scope.nameOf(x), scope.parameter(gain), scope.parameter(bias)];
    return scope.builder.node('LayerNormalization', inputs, {
      axis: -1,
      epsilon: { float: groupNormEpsilon },
    });
  });
}

/** x [positions, features] → the same, each row to mean square 1 before gain. */
export function rmsNorm(tape: Tape, x: Value): Value {
  const sizes = { channels: featuresOf(x), groups: 1, spatial: 1, rms: true };
  return norm(tape, x, sizes, (scope, gain) => {
    const { builder } = scope;
    const name = scope.nameOf(x);
    const squares = builder.node('Mul', [name, name]);
    const mean = builder.node('ReduceMean', [squares], { axes: [-1], keepdims: 1 });
    const epsilon = builder.initialiser('epsilon', [], Float32Array.of(groupNormEpsilon));
    const root = builder.node('Sqrt', [builder.node('Add', [mean, epsilon])]);
    return builder.node('Mul', [builder.node('Div', [name, root]), scope.parameter(gain)]);
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
  const gain = role('gain', 1);
  // Nothing is added after an RMS normalisation; its kernels are given the gain where they would read a bias.
  const bias = sizes.rms ? gain : role('bias', 0);
  return tape.push({
    op: 'norm',
    inputs: [x],
    output,
    parameters: sizes.rms ? [gain] : [gain, bias],
    activation: 'none',
    cost: { flops: 8 * sizeOf(x) },
    forward(recorder) {
      const batch = recorder.rowsOf(x);
      const params = { batch, ...sizes };
      const stats = recorder.saved(output, 'stats', 2 * batch * sizes.groups);
      const args = [
        recorder.value(x),
        recorder.parameter(gain),
        recorder.parameter(bias),
        recorder.value(output),
        stats,
      ];
      recorder.emit(chooseNorm(recorder.software).norm, params, args);
    },
    vjp(recorder) {
      const batch = recorder.rowsOf(x);
      const params = { batch, ...sizes };
      const stats = recorder.saved(output, 'stats', 2 * batch * sizes.groups);
      const { gradient, parameterGradient } = chooseNorm(recorder.software);
      const [input, dy] = [recorder.value(x), recorder.gradient(output)];
      const dgain = recorder.parameterGradient(gain);
      const dbias = sizes.rms ? recorder.scratch(sizes.channels) : recorder.parameterGradient(bias).window;
      recorder.emit(parameterGradient, { ...params, accumulate: dgain.accumulate }, [
        input,
        stats,
        dy,
        dgain.window,
        dbias,
      ]);
      if (!recorder.needsGradient(x)) return;
      const dx = recorder.contribute(x);
      recorder.emit(gradient, { ...params, accumulate: dx.accumulate }, [
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
