/** The gate of a SwiGLU layer (Shazeer, arXiv 2002.05202). Its two operands are linear layers of the same input. */
import { add } from '../kernels/add.ts';
import { swiglu } from '../kernels/swiglu.ts';
import { swigluGradient } from '../kernels/swigluGradient.ts';
import { sizeOf, type Tape, type Value } from './tape.ts';

/** gate and value of one shape → silu(gate)·value. */
export function swigluGate(tape: Tape, gate: Value, value: Value): Value {
  const output = tape.value(gate.shape);
  return tape.push({
    op: 'swiglu',
    inputs: [gate, value],
    output,
    parameters: [],
    activation: 'none',
    cost: { flops: 6 * sizeOf(gate) },
    forward(recorder) {
      const args = [recorder.value(gate), recorder.value(value), recorder.value(output)];
      recorder.emit(swiglu, { length: recorder.lengthOf(gate) }, args);
    },
    vjp(recorder) {
      const length = recorder.lengthOf(gate);
      const [dgate, dvalue] = [recorder.contribute(gate), recorder.contribute(value)];
      const into = [dgate, dvalue].map((one) => (one.accumulate ? recorder.scratch(length) : one.window));
      recorder.emit(swigluGradient, { length }, [
        recorder.value(gate),
        recorder.value(value),
        recorder.gradient(output),
        ...into,
      ]);
      [dgate, dvalue].forEach((one, i) => {
        const made = into[i];
        if (one.accumulate && made !== undefined) recorder.emit(add, { length }, [made, one.window]);
      });
    },
    onnx(scope) {
      const x = scope.nameOf(gate);
      const silu = scope.builder.node('Mul', [x, scope.builder.node('Sigmoid', [x])]);
      scope.setName(output, scope.builder.node('Mul', [silu, scope.nameOf(value)]));
    },
  });
}
