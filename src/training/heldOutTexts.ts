/**
 * Judges the language students of a race over the held-out texts, in runs of texts: neither the students' logits nor
 * the teacher's are ever in memory all at once. What is measured is in languageEvaluation.ts.
 */
import type { Split } from '../data/task.ts';
import type { Evaluation } from '../protocol/events.ts';
import type { BoundProgram } from '../tensor/executor.ts';
import type { Evaluator } from './evaluator.ts';
import type { HeldOutAnswers } from './heldOut.ts';
import { LanguageJudge } from './languageEvaluation.ts';
import type { Prepared } from './prepare.ts';
import type { Trainer } from './trainer.ts';

interface Watched {
  readonly evaluator: Evaluator;
  /** By arm. */
  readonly passes: readonly (readonly BoundProgram[])[];
  /** Of the averaged copies that teach each arm, or the first there is; empty where none does. */
  readonly averages: readonly (readonly BoundProgram[])[];
  /** By arm: whether that copy is its own. */
  readonly own: readonly boolean[];
  readonly split: Split;
  readonly answers: HeldOutAnswers;
}

export class HeldOutTexts {
  readonly #prepared: Prepared;
  readonly #trainer: Trainer;
  readonly #all: Evaluator[] = [];
  readonly #validation: Watched;
  readonly #some: Watched;
  readonly #whole: Watched;

  /** `watchedTexts`: test texts judged along the way. Frees what it has where the rest is refused. */
  constructor(trainer: Trainer, prepared: Prepared, watchedTexts: number) {
    const { validation, test, positions } = prepared.dataset;
    this.#prepared = prepared;
    this.#trainer = trainer;
    const watch = (split: Split, answers: HeldOutAnswers, texts: number): Watched => {
      const evaluator = trainer.evaluator(split.inputs.slice(0, texts * positions));
      this.#all.push(evaluator);
      const passes = trainer.arms.map((_, arm) => trainer.bindEvaluator(evaluator, arm));
      const copies = trainer.arms.map((_, arm) => trainer.bindAverage(evaluator, arm));
      const first = copies.find((copy) => copy !== null);
      const averages = first === undefined ? [] : copies.map((copy) => copy ?? first);
      const own = copies.map((copy) => copy !== null);
      return { evaluator, passes, averages, own, split, answers };
    };
    try {
      this.#validation = watch(validation, prepared.validation, validation.n);
      this.#some = watch(test, prepared.test, Math.min(test.n, watchedTexts));
      this.#whole = test.n > watchedTexts ? watch(test, prepared.test, test.n) : this.#some;
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** One arm after the other; with `whole` over all texts, and beside that as along the way. The students must not change meanwhile. */
  async evaluations(whole: boolean): Promise<readonly Evaluation[]> {
    const found: Evaluation[] = [];
    for (let arm = 0; arm < this.#trainer.arms.length; arm++) {
      const { accuracy, measures } = await this.#judge(this.#validation, arm);
      const over = async (texts: Watched): Promise<Evaluation> => {
        const judge = await this.#judge(texts, arm);
        const judged = judge.evaluation(accuracy, measures.loss);
        return texts.own[arm] === true ? { ...judged, average: judge.average } : judged;
      };
      const watched = await over(this.#some);
      found.push(whole && this.#whole !== this.#some ? { ...(await over(this.#whole)), watched } : watched);
    }
    return found;
  }

  dispose(): void {
    for (const evaluator of this.#all) evaluator.dispose();
  }

  async #judge(watched: Watched, arm: number): Promise<LanguageJudge> {
    const { evaluator, passes, averages, split, answers } = watched;
    const average = averages[arm];
    const { classNames, positions, vocabulary } = this.#prepared.dataset;
    const judge = new LanguageJudge(classNames.length, vocabulary?.characters ?? new Uint8Array());
    await evaluator.inRuns(passes[arm] ?? [], async (student, first, samples) => {
      const teacher =
        average === undefined
          ? await answers.answer(first, samples, this.#trainer.now.teacher)
          : await evaluator.pass(average, first, samples);
      judge.add({ student, teacher, split, firstRow: first * positions });
    });
    return judge;
  }
}
