/** Dropout (Srivastava et al. 2014): its mask follows from seed, step and place, so the backward pass draws it again. */
import { add } from '../kernels/add.ts';
import { dropout as dropoutKernel } from '../kernels/dropout.ts';
import { sizeOf, type Tape, type Value } from './tape.ts';

/** x of any shape → the same, each number kept with probability 1 − rate and divided by it; unchanged in evaluation. */
export function dropout(tape: Tape, x: Value, rate: number): Value {
  if (rate === 0) return x;
  const output = tape.value(x.shape);
  const stream = tape.count() + 1;
  return tape.push({
    op: 'dropout',
    inputs: [x],
    output,
    parameters: [],
    activation: 'none',
    cost: { flops: sizeOf(x) },
    forward(recorder) {
      if (!recorder.training) {
        recorder.passOn(x, output);
        return;
      }
      const params = { rows: recorder.batch, size: sizeOf(x), stream, rate };
      recorder.emit(dropoutKernel, params, [recorder.value(x), recorder.value(output)]);
    },
    vjp(recorder) {
      if (!recorder.needsGradient(x)) return;
      const length = recorder.lengthOf(x);
      const params = { rows: recorder.batch, size: sizeOf(x), stream, rate };
      const dx = recorder.contribute(x);
      const into = dx.accumulate ? recorder.scratch(length) : dx.window;
      recorder.emit(dropoutKernel, params, [recorder.gradient(output), into]);
      if (dx.accumulate) recorder.emit(add, { length }, [into, dx.window]);
    },
    onnx(scope) {
      scope.setName(output, scope.nameOf(x));
    },
  });
}
