/** A residual connection (He et al. 2016): what a branch made, added to what it was made of. */
import { add } from '../kernels/add.ts';
import { sum } from '../kernels/sum.ts';
import { sizeOf, type Tape, type Value } from './tape.ts';

/** x and branch of one shape → the same. */
export function residual(tape: Tape, x: Value, branch: Value): Value {
  const output = tape.value(x.shape);
  return tape.push({
    op: 'residual',
    inputs: [x, branch],
    output,
    parameters: [],
    activation: 'none',
    cost: { flops: sizeOf(x) },
    forward(recorder) {
      const args = [recorder.value(x), recorder.value(branch), recorder.value(output)];
      recorder.emit(sum, { length: recorder.lengthOf(x) }, args);
    },
    vjp(recorder) {
      const length = recorder.lengthOf(x);
      const dy = recorder.gradient(output);
      if (recorder.needsGradient(x)) {
        const dx = recorder.contribute(x);
        recorder.emit(add, { length, replace: !dx.accumulate }, [dy, dx.window]);
      }
      if (!recorder.needsGradient(branch) || recorder.moveGradient(output, branch)) return;
      recorder.emit(add, { length }, [dy, recorder.contribute(branch).window]);
    },
    onnx(scope) {
      scope.setName(output, scope.builder.node('Add', [scope.nameOf(x), scope.nameOf(branch)]));
    },
  });
}
