/**
 * A teacher's logits over the rows of a held-out split, asked for in runs of samples: of a long text with a large
 * vocabulary they never lie in memory all at once. It measures nothing.
 */
import { type Split, sampleSize } from '../data/task.ts';
import { answerAll, type RowAnswers, type RowTeacher } from '../teachers/rowTeacher.ts';
import type { Inputs } from '../tensor/kernel.ts';

export interface HeldOutAnswers {
  /** (samples × positions, classes) from sample `first` on. */
  answer(first: number, samples: number): Promise<Float32Array<ArrayBuffer>>;
}

/** Answers that are in memory: (n × positions, classes), of which one sample has `perSample`. */
export function storedAnswers(logits: Float32Array<ArrayBuffer>, perSample: number): HeldOutAnswers {
  return {
    answer: (first, samples) =>
      Promise.resolve(logits.subarray(first * perSample, (first + samples) * perSample)),
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
  #turn: Promise<unknown> = Promise.resolve();

  constructor(open: () => Promise<RowTeacher>) {
    this.#open = open;
  }

  /** Errors: those of opening it, and of its answers. */
  answer(inputs: Inputs, n: number, progress?: (done: number) => void): Promise<RowAnswers> {
    const mine = this.#turn.then(async () => {
      this.#teacher ??= this.#open();
      try {
        return await answerAll(await this.#teacher, inputs, n, progress);
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
