/**
 * Judges the classifiers of a race over the held-out rows: all arms at once, so that all are seen at the same step.
 * What is measured is in evaluation.ts.
 */
import type { Evaluation } from '../protocol/events.ts';
import type { BoundProgram } from '../tensor/executor.ts';
import type { Inputs } from '../tensor/kernel.ts';
import { averageOf, evaluate } from './evaluation.ts';
import type { Evaluator } from './evaluator.ts';
import type { Prepared } from './prepare.ts';
import type { Trainer } from './trainer.ts';

interface Watched {
  readonly evaluator: Evaluator;
  /** By arm. */
  readonly passes: readonly (readonly BoundProgram[])[];
  /** Of averaged copies that teach; null for arms that have none. */
  readonly averages: readonly (readonly BoundProgram[] | null)[];
}

export class HeldOutRows {
  readonly #trainer: Trainer;
  readonly #prepared: Prepared;
  readonly #all: Evaluator[] = [];
  readonly #watchedRows: number;
  readonly #some: Watched;
  readonly #whole: Watched;

  /** `watchedRows`: test rows judged along the way. Frees what it has where the rest is refused. */
  constructor(trainer: Trainer, prepared: Prepared, watchedRows: number) {
    this.#trainer = trainer;
    this.#prepared = prepared;
    const { validation, test } = prepared.dataset;
    const size = test.inputs.length / Math.max(1, test.n);
    const watch = (rows: number): Watched => {
      const evaluator = trainer.evaluator(joined(validation.inputs, test.inputs, rows * size));
      this.#all.push(evaluator);
      return {
        evaluator,
        passes: trainer.arms.map((_, arm) => trainer.bindEvaluator(evaluator, arm)),
        averages: trainer.arms.map((_, arm) => trainer.bindAverage(evaluator, arm)),
      };
    };
    this.#watchedRows = Math.min(watchedRows, test.n);
    try {
      this.#some = watch(this.#watchedRows);
      this.#whole = test.n > watchedRows ? watch(test.n) : this.#some;
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The rows of the test split come in the order of the data; with `whole` all of them, and beside that as along the way. */
  async evaluations(whole: boolean): Promise<readonly Evaluation[]> {
    const { dataset } = this.#prepared;
    const { validation, test, classNames } = dataset;
    const { data, evaluation, teacher } = this.#trainer.now;
    const classes = classNames.length;
    const { evaluator, passes, averages } = whole ? this.#whole : this.#some;
    const [all, copies] = await Promise.all([
      Promise.all(passes.map((own) => evaluator.logits(own))),
      Promise.all(averages.map((own) => (own === null ? null : evaluator.logits(own)))),
    ]);
    // Who keeps no copy is compared with the first there is.
    const first = copies.find((copy) => copy !== null);
    const taughtValidation = await this.#prepared.validation.answer(0, validation.n, teacher);
    const taughtTest = await this.#prepared.test.answer(0, test.n, teacher);
    return all.map((logits, arm) => {
      const border = validation.n * classes;
      const copy = copies[arm] ?? first;
      const student = logits.subarray(border);
      const teacher = copy?.subarray(border) ?? taughtTest;
      const onValidation = {
        classes,
        student: logits.subarray(0, border),
        teacher: copy?.subarray(0, border) ?? taughtValidation,
        labels: validation.trueLabels,
      };
      const over = (rows: number): Evaluation => {
        const [s, t] = [student.subarray(0, rows * classes), teacher.subarray(0, rows * classes)];
        const onTest = { classes, student: s, teacher: t, labels: test.trueLabels.subarray(0, rows) };
        const judged = evaluate(onTest, onValidation, data.leaveOut, evaluation.offset);
        if (copies[arm] === null) return judged;
        return { ...judged, average: averageOf({ ...onTest, student: t }, data.leaveOut, evaluation.offset) };
      };
      const watched = over(this.#watchedRows);
      return whole && this.#whole !== this.#some ? { ...over(test.n), watched } : watched;
    });
  }

  dispose(): void {
    for (const evaluator of this.#all) evaluator.dispose();
  }
}

/** All of `a`, then the first `count` numbers of `b`. */
function joined(a: Inputs, b: Inputs, count: number): Inputs {
  const length = a.length + count;
  const both = a instanceof Uint32Array ? new Uint32Array(length) : new Float32Array(length);
  both.set(a);
  both.set(b.subarray(0, count), a.length);
  return both;
}
