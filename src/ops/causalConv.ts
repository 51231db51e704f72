/**
 * A convolution over time that sees no later position: each position is laid beside the few before it, and a linear
 * layer at each position does the rest.
 */
import { causalUnfold } from '../kernels/causalUnfold.ts';
import { causalUnfoldGradient } from '../kernels/causalUnfoldGradient.ts';
import { causalUnfoldStep } from '../kernels/causalUnfoldStep.ts';
import { scatterRows } from '../kernels/scatterRows.ts';
import { type LinearOptions, linear } from './linear.ts';
import { featuresOf, positionsOf, type Tape, type Value } from './tape.ts';

/** x [positions, in] → [positions, outputs], from `kernel` positions each: its own and those just before it. */
export function causalConv(
  tape: Tape,
  x: Value,
  options: LinearOptions & { readonly kernel: number },
): Value {
  return linear(tape, unfold(tape, x, options.kernel), options);
}

/** x [positions, width] → [positions, kernel · width], zeros before the beginning. */
function unfold(tape: Tape, x: Value, kernel: number): Value {
  if (kernel === 1) return x;
  const [positions, width] = [positionsOf(x), featuresOf(x)];
  const output = tape.value([positions, kernel * width]);
  return tape.push({
    op: 'unfold',
    inputs: [x],
    output,
    parameters: [],
    activation: 'none',
    cost: { flops: 0 },
    forward(recorder) {
      const params = { batch: recorder.batch, positions, width, kernel };
      recorder.emit(causalUnfold, params, [recorder.value(x), recorder.value(output)]);
    },
    step(recorder, step) {
      const { batch } = recorder;
      const before = step.cache(width);
      recorder.emit(scatterRows, { rows: batch, size: width, targetRows: batch * positions }, [
        step.place,
        recorder.value(x),
        before,
      ]);
      recorder.emit(causalUnfoldStep, { batch, positions, width, kernel }, [
        before,
        step.position,
        recorder.value(output),
      ]);
    },
    vjp(recorder) {
      if (!recorder.needsGradient(x)) return;
      const dx = recorder.contribute(x);
      const params = { batch: recorder.batch, positions, width, kernel, accumulate: dx.accumulate };
      recorder.emit(causalUnfoldGradient, params, [recorder.gradient(output), dx.window]);
    },
    onnx(scope) {
      const { builder } = scope;
      const before = builder.constantI64(`before${kernel}`, [0, kernel - 1, 0, 0, 0, 0]);
      const padded = builder.node('Pad', [scope.nameOf(x), before]);
      const axis = builder.constantI64('axis1', [1]);
      const taps = Array.from({ length: kernel }, (_, tap) => {
        const from = builder.constantI64(`from${tap}`, [tap]);
        // The last tap ends with the sequence, whatever its length.
        const to = builder.constantI64(`to${tap + 1 - kernel}`, [
          tap + 1 === kernel ? 2 ** 40 : tap + 1 - kernel,
        ]);
        return builder.node('Slice', [padded, from, to, axis]);
      });
      scope.setName(output, builder.node('Concat', taps, { axis: 2 }));
    },
  });
}
