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

/**
 * Logits (classes) of what comes after these tokens, which follow the first `known` of a text: those that were read since a
 * call with 0, which begins another text. Errors: `lm-ids`, and those of an answer.
 */
export type NextToken = (tokens: Uint32Array<ArrayBuffer>, known: number) => Promise<Float32Array>;

export interface RowTeacher {
  /** Of one row of logits. */
  readonly classes: number;
  /** Samples in one run of the model. */
  readonly batch: number;
  /** Errors: `teacher-deadline`, `teacher-nan`, `teacher-shape`. */
  answer(inputs: Inputs, n: number): Promise<RowAnswers>;
  /** Reads one text on; absent where the model keeps nothing of what it has read. */
  readonly next?: NextToken | undefined;
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

/** Answers all samples in runs of the teacher's own batch; `visit` is given each with its first sample and their number. */
export async function answerRuns(
  teacher: RowTeacher,
  inputs: Inputs,
  n: number,
  visit: (part: RowAnswers, first: number, samples: number) => void,
): Promise<void> {
  const size = inputs.length / Math.max(1, n);
  for (let first = 0; first < n; first += teacher.batch) {
    const samples = Math.min(teacher.batch, n - first);
    visit(
      await teacher.answer(inputs.slice(first * size, (first + samples) * size), samples),
      first,
      samples,
    );
  }
}

/** All of them in memory, with progress in samples. */
export async function answerAll(
  teacher: RowTeacher,
  inputs: Inputs,
  n: number,
  progress?: (done: number) => void,
): Promise<RowAnswers> {
  let logits = new Float32Array();
  let hidden: readonly HiddenRows[] = [];
  await answerRuns(teacher, inputs, n, (part, first, samples) => {
    // One run is all of it: no second array as long, whose pages cost more than what is copied into them.
    if (samples === n) {
      ({ logits, hidden } = part);
      progress?.(n);
      return;
    }
    const perSample = part.logits.length / samples;
    if (first === 0) {
      logits = new Float32Array(n * perSample);
      hidden = hiddenOf(part, n, samples);
    }
    logits.set(part.logits, first * perSample);
    addHidden(hidden, part, first, samples);
    progress?.(first + samples);
  });
  return { logits, hidden };
}

type HiddenRows = RowAnswers['hidden'][number];

/** Room for the hidden states of n samples, of the widths that a run of `samples` has. */
export function hiddenOf(part: RowAnswers, n: number, samples: number): HiddenRows[] {
  return part.hidden.map(({ size, values }) => ({
    size,
    values: new Float32Array((values.length / samples) * n),
  }));
}

export function addHidden(
  into: readonly HiddenRows[],
  part: RowAnswers,
  first: number,
  samples: number,
): void {
  part.hidden.forEach(({ values }, i) => {
    into[i]?.values.set(values, (values.length / samples) * first);
  });
}
