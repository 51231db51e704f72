/** An activation of its own, where it cannot be part of a product: GELU (exact, by erf), or after a normalisation. */
import { type ActivationKind, activation as activationKernel } from '../kernels/activation.ts';
import { activationGradient } from '../kernels/activationGradient.ts';
import { add } from '../kernels/add.ts';
import { type OnnxScope, sizeOf, type Tape, type Value } from './tape.ts';

/** x of any shape → the same shape. */
export function activation(tape: Tape, x: Value, kind: ActivationKind): Value {
  const output = tape.value(x.shape);
  return tape.push({
    op: 'activation',
    inputs: [x],
    output,
    parameters: [],
    activation: 'none',
    cost: { flops: (kind === 'relu' ? 1 : 10) * sizeOf(x) },
    forward(recorder) {
      const length = recorder.lengthOf(x);
      recorder.emit(activationKernel, { length, kind }, [recorder.value(x), recorder.value(output)]);
    },
    vjp(recorder) {
      if (!recorder.needsGradient(x)) return;
      const length = recorder.lengthOf(x);
      const dy = recorder.gradient(output);
      // The derivative of GELU follows from its argument, the others' from their result.
      const saved = recorder.value(kind === 'gelu' ? x : output);
      recorder.emit(activationGradient, { length, kind }, [saved, dy]);
      if (recorder.moveGradient(output, x)) return;
      recorder.emit(add, { length }, [dy, recorder.contribute(x).window]);
    },
    onnx(scope) {
      scope.setName(output, onnxActivation(scope, scope.nameOf(x), kind));
    },
  });
}

/** Appends the nodes of an activation to a graph and returns the name of its result. */
export function onnxActivation(scope: OnnxScope, x: string, kind: ActivationKind): string {
  const { builder } = scope;
  if (kind === 'relu') return builder.node('Relu', [x], {});
  if (kind === 'tanh') return builder.node('Tanh', [x], {});
  const half = builder.initialiser('half', [], Float32Array.of(0.5));
  const one = builder.initialiser('one', [], Float32Array.of(1));
  const scale = builder.initialiser('inverseRoot2', [], Float32Array.of(Math.SQRT1_2));
  const erf = builder.node('Erf', [builder.node('Mul', [x, scale], {})], {});
  const twicePhi = builder.node('Add', [erf, one], {});
  return builder.node('Mul', [builder.node('Mul', [x, half], {}), twicePhi], {});
}
