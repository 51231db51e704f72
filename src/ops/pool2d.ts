/** Pooling by halves, 2 × 2 with stride 2; an odd last line or column is left out. */
import { pool2d as pool2dKernel } from '../kernels/pool2d.ts';
import { pool2dGradient } from '../kernels/pool2dGradient.ts';
import { sizeOf, type Tape, type Value } from './tape.ts';

/** x [channels, height, width] → [channels, ⌊height/2⌋, ⌊width/2⌋]. */
export function pool2d(tape: Tape, x: Value, kind: 'max' | 'average'): Value {
  const [channels = 1, height = 1, width = 1] = x.shape;
  const output = tape.value([channels, Math.floor(height / 2), Math.floor(width / 2)]);
  return tape.push({
    op: 'pool2d',
    inputs: [x],
    output,
    parameters: [],
    activation: 'none',
    cost: { flops: sizeOf(x) },
    forward(recorder) {
      const params = { batch: recorder.batch, channels, height, width, kind };
      recorder.emit(pool2dKernel, params, [recorder.value(x), recorder.value(output)]);
    },
    vjp(recorder) {
      if (!recorder.needsGradient(x)) return;
      const dx = recorder.contributeFused(x);
      const epilogue = dx.activation === 'none' ? 'none' : (`times_${dx.activation}_gradient` as const);
      const params = {
        batch: recorder.batch,
        channels,
        height,
        width,
        kind,
        epilogue,
        accumulate: dx.accumulate,
      };
      recorder.emit(pool2dGradient, params, [recorder.value(x), recorder.gradient(output), dx.window]);
    },
    onnx(scope) {
      const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
      const op = kind === 'max' ? 'MaxPool' : 'AveragePool';
      scope.setName(output, scope.builder.node(op, [scope.nameOf(x)], attributes));
    },
  });
}
