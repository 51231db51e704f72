/** A convolution 3 × 3 that keeps the size of the image, with bias and activation in the same dispatch. */
import { activationGradient, type GradientEpilogue } from '../kernels/activationGradient.ts';
import { conv2d as conv2dKernel } from '../kernels/conv2d.ts';
import { conv2dInputGradient } from '../kernels/conv2dInputGradient.ts';
import { conv2dPartialLength, conv2dWeightGradient } from '../kernels/conv2dWeightGradient.ts';
import { conv2dWeightSum } from '../kernels/conv2dWeightSum.ts';
import { type FusedActivation, sizeOf, type Tape, type Value } from './tape.ts';

export interface Conv2dOptions {
  readonly channels: number;
  readonly activation: FusedActivation;
  readonly gain: 'rectifier' | 'plain';
}

const kernel = 3;
const padding = 1;

/** x [inChannels, height, width] → [channels, height, width]. */
export function conv2d(tape: Tape, x: Value, options: Conv2dOptions): Value {
  const { channels, activation, gain } = options;
  const [inChannels = 1, height = 1, width = 1] = x.shape;
  const name = `conv${tape.count()}`;
  const fan = inChannels * kernel * kernel;
  const variance = gain === 'rectifier' ? 2 / fan : 2 / (fan + channels * kernel * kernel);
  const weight = tape.parameter({
    name: `${name}.weight`,
    shape: [channels, inChannels, kernel, kernel],
    initialiser: { kind: 'uniform', bound: Math.sqrt(3 * variance) },
    decay: true,
    exported: true,
  });
  const bias = tape.parameter({
    name: `${name}.bias`,
    shape: [channels],
    initialiser: { kind: 'constant', value: 0 },
    decay: false,
    exported: true,
  });
  const output = tape.value([channels, height, width]);
  const shapeOf = (batch: number) => ({
    batch,
    inChannels,
    height,
    width,
    outChannels: channels,
    kernel,
    padding,
  });
  return tape.push({
    op: 'conv2d',
    inputs: [x],
    output,
    parameters: [weight, bias],
    activation,
    cost: { flops: 2 * fan * sizeOf(output) },
    forward(recorder) {
      const epilogue = activation === 'none' ? 'bias' : (`bias_${activation}` as const);
      recorder.emit(conv2dKernel, { ...shapeOf(recorder.batch), epilogue }, [
        recorder.value(x),
        recorder.parameter(weight),
        recorder.parameter(bias),
        recorder.value(output),
      ]);
    },
    vjp(recorder) {
      const shape = shapeOf(recorder.batch);
      const dy = recorder.gradient(output);
      if (activation !== 'none' && !recorder.derivativeApplied(output)) {
        const length = recorder.batch * sizeOf(output);
        recorder.emit(activationGradient, { length, kind: activation }, [recorder.value(output), dy]);
      }
      const partial = recorder.scratch(conv2dPartialLength(shape));
      recorder.emit(conv2dWeightGradient, shape, [recorder.value(x), dy, partial]);
      const dw = recorder.parameterGradient(weight);
      const db = recorder.parameterGradient(bias);
      recorder.emit(conv2dWeightSum, { ...shape, accumulate: dw.accumulate }, [
        partial,
        dw.window,
        db.window,
      ]);
      if (!recorder.needsGradient(x)) return;
      const dx = recorder.contributeFused(x);
      const epilogue: GradientEpilogue =
        dx.activation === 'none' ? 'none' : `times_${dx.activation}_gradient`;
      const saved = dx.activation === 'none' ? recorder.parameter(weight) : dx.saved;
      recorder.emit(conv2dInputGradient, { ...shape, epilogue, accumulate: dx.accumulate }, [
        dy,
        recorder.parameter(weight),
        saved,
        dx.window,
      ]);
    },
    onnx(scope) {
      const operands = [scope.nameOf(x), scope.parameter(weight), scope.parameter(bias)];
      const attributes = { kernel_shape: [kernel, kernel], pads: [padding, padding, padding, padding] };
      const sum = scope.builder.node('Conv', operands, attributes);
      scope.setName(output, activation === 'none' ? sum : scope.builder.node(onnxNames[activation], [sum]));
    },
  });
}

const onnxNames = { relu: 'Relu', tanh: 'Tanh' } as const;
