/**
 * A teacher that answers rows on the host: what fills a pack, and a live teacher where the CPU runs it. The ONNX
 * session behind it is another's (onnx/); the GPU's live teacher takes a shorter way and is not this.
 */

import type { TeacherFacts } from '../protocol/events.ts';
import type { Inputs } from '../tensor/kernel.ts';

export interface RowAnswers {
  /** (n × positions, classes) */
  readonly logits: Float32Array<ArrayBuffer>;
  /** (n × positions, size) of each hidden state asked for, in order; maps are pooled or flattened already. */
  readonly hidden: readonly { readonly size: number; readonly values: Float32Array<ArrayBuffer> }[];
}

export interface RowTeacher {
  /** Of one row of logits. */
  readonly classes: number;
  /** Samples in one run of the model. */
  readonly batch: number;
  /** Errors: `teacher-deadline`, `teacher-nan`, `teacher-shape`. */
  answer(inputs: Inputs, n: number): Promise<RowAnswers>;
  dispose(): void;
}

/** Logits of one run of a language model: few enough to be answered before the deadline on a slow processor. */
const mostLogits = 2 ** 21;

/** Samples in one run: at most so many, and of texts fewer, since each token has a row as long as the vocabulary. */
export function samplesAtOnce(
  { positions, classes }: { readonly positions: number; readonly classes: number },
  most: number,
): number {
  return positions === 1 ? most : Math.max(1, Math.min(most, Math.floor(mostLogits / (positions * classes))));
}

/** What is known of a teacher before it has answered a run's test rows. */
export type TeacherIdentity = Omit<
  TeacherFacts,
  'accuracy' | 'delivery' | 'provider' | 'milliseconds' | 'recall' | 'logitDeviation' | 'softness'
>;

/** Answers all samples in runs of the teacher's own batch, with progress in samples. */
export async function answerAll(
  teacher: RowTeacher,
  inputs: Inputs,
  n: number,
  progress?: (done: number) => void,
): Promise<RowAnswers> {
  const size = inputs.length / Math.max(1, n);
  let logits = new Float32Array();
  let hidden: { size: number; values: Float32Array<ArrayBuffer> }[] = [];
  for (let row = 0; row < n; row += teacher.batch) {
    const rows = Math.min(teacher.batch, n - row);
    const part = await teacher.answer(inputs.slice(row * size, (row + rows) * size), rows);
    const positions = part.logits.length / (rows * teacher.classes);
    if (row === 0) {
      logits = new Float32Array(n * positions * teacher.classes);
      hidden = part.hidden.map((one) => ({
        size: one.size,
        values: new Float32Array(n * positions * one.size),
      }));
    }
    logits.set(part.logits, row * positions * teacher.classes);
    part.hidden.forEach((one, i) => {
      hidden[i]?.values.set(one.values, row * positions * one.size);
    });
    progress?.(row + rows);
  }
  return { logits, hidden };
}
