/** Tokens as vectors, from a table that a tied head may share; and a learned vector for each position. */

import { add } from '../kernels/add.ts';
import { addPositions } from '../kernels/addPositions.ts';
import { addPositionsGradient } from '../kernels/addPositionsGradient.ts';
import { embeddingGradient } from '../kernels/embeddingGradient.ts';
import { fill } from '../kernels/fill.ts';
import { gatherRows } from '../kernels/gatherRows.ts';
import { tokenOrder } from '../kernels/tokenOrder.ts';
import type { Initialiser, Parameter } from '../tensor/parameters.ts';
import { featuresOf, positionsOf, sizeOf, type Tape, type Value } from './tape.ts';

/**
 * First weights have the variance 4/width, so that the logits of a tied head begin with a deviation of 2. With GPT-2's .02
 * the branches, whose weights begin larger than GPT-2's, drown the tokens, and a narrow network learns to recall late. A
 * uniform number has the variance bound²/3.
 */
function firstWeights(width: number): Initialiser {
  return { kind: 'uniform', bound: Math.sqrt(12 / width) };
}

/** tokens [positions] → [positions, width]; a token past the last gives zeros. */
export function embedding(
  tape: Tape,
  tokens: Value,
  { vocabulary, width }: { readonly vocabulary: number; readonly width: number },
): { readonly output: Value; readonly table: Parameter } {
  const output = tape.value([sizeOf(tokens), width]);
  const table = tape.parameter({
    name: `embedding${tape.count()}.weight`,
    shape: [vocabulary, width],
    initialiser: firstWeights(width),
    decay: true,
    exported: true,
  });
  tape.push({
    op: 'embedding',
    inputs: [tokens],
    output,
    parameters: [table],
    activation: 'none',
    cost: { flops: 0 },
    forward(recorder) {
      const params = { rows: recorder.rowsOf(output), size: width, sourceRows: vocabulary };
      recorder.emit(gatherRows, params, [
        recorder.value(tokens),
        recorder.parameter(table),
        recorder.value(output),
      ]);
    },
    vjp(recorder) {
      const rows = recorder.rowsOf(output);
      const order = recorder.scratch(rows);
      recorder.emit(tokenOrder, { rows, discrete: !recorder.software }, [recorder.value(tokens), order]);
      const dw = recorder.parameterGradient(table);
      if (!dw.accumulate) recorder.emit(fill, { length: vocabulary * width, value: 0 }, [dw.window]);
      recorder.emit(embeddingGradient, { rows, width, vocabulary }, [
        recorder.value(tokens),
        order,
        recorder.gradient(output),
        dw.window,
      ]);
    },
    onnx(scope) {
      const operands = [scope.parameter(table), scope.nameOf(tokens)];
      scope.setName(output, scope.builder.node('Gather', operands, { axis: 0 }));
    },
  });
  return { output, table };
}

/** x [positions, width] → the same, with a learned vector added to each position. */
export function learnedPositions(tape: Tape, x: Value): Value {
  const [positions, width] = [positionsOf(x), featuresOf(x)];
  const output = tape.value(x.shape);
  const vectors = tape.parameter({
    name: `positions${tape.count()}.weight`,
    shape: [positions, width],
    initialiser: firstWeights(width),
    decay: false,
    exported: true,
  });
  return tape.push({
    op: 'positions',
    inputs: [x],
    output,
    parameters: [vectors],
    activation: 'none',
    cost: { flops: sizeOf(x) },
    forward(recorder) {
      recorder.emit(addPositions, { rows: recorder.rowsOf(x), positions, width }, [
        recorder.value(x),
        recorder.parameter(vectors),
        recorder.value(output),
      ]);
    },
    step(recorder, step) {
      const rows = recorder.batch;
      recorder.emit(addPositions, { rows, positions: rows, width }, [
        recorder.value(x),
        step.rowOf(vectors),
        recorder.value(output),
      ]);
    },
    vjp(recorder) {
      const dy = recorder.gradient(output);
      const dp = recorder.parameterGradient(vectors);
      const params = { batch: recorder.batch, positions, width, accumulate: dp.accumulate };
      recorder.emit(addPositionsGradient, params, [dy, dp.window]);
      if (!recorder.needsGradient(x) || recorder.moveGradient(output, x)) return;
      recorder.emit(add, { length: recorder.lengthOf(x) }, [dy, recorder.contribute(x).window]);
    },
    onnx(scope) {
      const own = scope.builder.node('Gather', [scope.parameter(vectors), scope.sequence.positions], {
        axis: 0,
      });
      scope.setName(output, scope.builder.node('Add', [scope.nameOf(x), own]));
    },
  });
}
