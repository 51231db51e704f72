/**
 * A live teacher on the CPU: the chosen rows go to it from the data on the host, its answers are written into the
 * batch's slots. The way without a copy through the CPU is teachers/onnx/gpuSession.ts.
 */
import { type Dataset, sampleSize } from '../data/task.ts';
import { answerAll, type RowTeacher } from '../teachers/rowTeacher.ts';
import type { Executor } from '../tensor/executor.ts';
import type { Inputs } from '../tensor/kernel.ts';
import type { LiveTeacher } from './turns.ts';

/** `member`: which of several teachers it is. */
export function rowsTeacher(
  teacher: RowTeacher,
  dataset: Dataset,
  executor: Executor,
  member: number | null = null,
): LiveTeacher {
  return {
    async answer(batches, indices, written) {
      const inputs = written === undefined ? chosenInputs(dataset, indices) : await written();
      const { logits, hidden } = await answerAll(teacher, inputs, indices.length);
      executor.write(batches.answersOf(member), logits);
      hidden.forEach((state, i) => {
        executor.write(batches.hidden(i), state.values);
      });
    },
  };
}

/** Inputs of these transfer samples, (n, size). */
export function chosenInputs({ inputShape, transfer }: Dataset, indices: Uint32Array): Inputs {
  const size = sampleSize(inputShape);
  const { inputs } = transfer;
  const length = indices.length * size;
  const chosen = inputs instanceof Uint32Array ? new Uint32Array(length) : new Float32Array(length);
  indices.forEach((row, i) => {
    chosen.set(inputs.subarray(row * size, (row + 1) * size), i * size);
  });
  return chosen;
}
