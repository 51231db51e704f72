/**
 * A teacher's logits over the rows of a held-out split, asked for in runs of samples: of a long text with a large
 * vocabulary they never lie in memory all at once. It measures nothing.
 */
import { type Split, sampleSize } from '../data/task.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import {
  answerAll,
  answerRuns,
  type NextToken,
  type RowAnswers,
  type RowTeacher,
} from '../teachers/rowTeacher.ts';
import { type AnswerRows, rowsOf } from '../teachers/topAnswers.ts';
import type { Inputs } from '../tensor/kernel.ts';

export interface HeldOutAnswers {
  /** (samples × positions, classes) from sample `first` on; `teacher` as it stands at this step, where its weights may move. */
  answer(first: number, samples: number, teacher?: RunSpec['teacher']): Promise<Float32Array<ArrayBuffer>>;
}

/** Answers that are in memory, (n, rows of a sample, classes), or the largest of them: only what is asked for is expanded. */
export function storedAnswers(answers: AnswerRows, positions: number, classes: number): HeldOutAnswers {
  return {
    answer: (first, samples) =>
      Promise.resolve(rowsOf(answers, classes, first * positions, samples * positions)),
  };
}

/** Every class alike: what stands for a teacher where there is none, or none before the first step. */
export function equalAnswers(perSample: number): HeldOutAnswers {
  return { answer: (_, samples) => Promise.resolve(new Float32Array(samples * perSample)) };
}

/**
 * A teacher that is asked again for each run of samples, since all its answers would not fit. It is opened when it is first
 * asked, and again after an error; one question at a time.
 */
export class AskedTeacher {
  readonly #open: () => Promise<RowTeacher>;
  #teacher: Promise<RowTeacher> | null = null;
  #lent: RowTeacher | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(open: () => Promise<RowTeacher>) {
    this.#open = open;
  }

  /** The same model is open elsewhere: it answers here, too, and what was opened is given back. Null: no longer. */
  lend(teacher: RowTeacher | null): void {
    if (teacher !== null) this.dispose();
    this.#lent = teacher;
  }

  /** Errors: those of opening it, and of its answers. */
  answer(inputs: Inputs, n: number, progress?: (done: number) => void): Promise<RowAnswers> {
    return this.#inTurn((teacher) => answerAll(teacher, inputs, n, progress));
  }

  /** The same run by run, forgotten when they were visited. */
  runs(inputs: Inputs, n: number, visit: Parameters<typeof answerRuns>[3]): Promise<void> {
    return this.#inTurn((teacher) => answerRuns(teacher, inputs, n, visit));
  }

  /** What reads one text on; null where the model keeps nothing of what it has read. Errors: those of opening it. */
  reader(): Promise<NextToken | null> {
    return this.#inTurn(async ({ next }) => {
      if (next === undefined) return null;
      return (tokens, known) =>
        this.#inTurn((teacher) => {
          if (teacher.next === undefined) throw new RangeError('another teacher in the same place');
          return teacher.next(tokens, known);
        });
    });
  }

  #inTurn<T>(work: (teacher: RowTeacher) => Promise<T>): Promise<T> {
    const mine = this.#turn.then(async () => {
      const lent = this.#lent;
      if (lent !== null) return work(lent);
      this.#teacher ??= this.#open();
      try {
        return await work(await this.#teacher);
      } catch (error) {
        this.dispose();
        throw error;
      }
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  over({ inputs }: Split, inputShape: readonly number[]): HeldOutAnswers {
    const size = sampleSize(inputShape);
    return {
      answer: async (first, samples) => {
        const own = inputs.slice(first * size, (first + samples) * size);
        return (await this.answer(own, samples)).logits;
      },
    };
  }

  /** It may be asked again, and is opened again for it. */
  dispose(): void {
    const teacher = this.#teacher;
    this.#teacher = null;
    void teacher?.then(
      (one) => one.dispose(),
      () => undefined,
    );
  }
}
