/**
 * The held-out text that the page looks at, as teacher and students see it now. It is evaluated beside the training, in
 * buffers of its own, and told in a form that is small for any vocabulary.
 */

import type { TextPicture } from '../protocol/texts.ts';
import { StillroomError } from '../spec/errors.ts';
import type { BoundProgram, Executor } from '../tensor/executor.ts';
import { type EvaluateTemplate, evaluateTemplate } from './evaluator.ts';
import { OwnProgram } from './ownProgram.ts';
import type { Race } from './race.ts';
import { shownTokens, tokenRows } from './tokenRows.ts';

export class WatchedText {
  readonly #race: Race;
  readonly #executor: Executor;
  readonly #template: EvaluateTemplate;
  readonly #program: OwnProgram;
  readonly #arms: readonly BoundProgram[];
  /** Averaged copies of the arms that learn from one. */
  readonly #averages: readonly (BoundProgram | null)[];
  /** Which of the test texts. */
  #text = 0;

  /** Of a run over texts. Errors: those of the executor. */
  static async create(race: Race): Promise<WatchedText> {
    const [arm] = race.trainer.arms;
    if (arm === undefined) throw new RangeError('a race without arms');
    const template = evaluateTemplate(arm.model, race.executor.adapter.software, 1);
    return new WatchedText(race, template, await OwnProgram.create(race.executor, template.planned));
  }

  private constructor(race: Race, template: EvaluateTemplate, program: OwnProgram) {
    this.#race = race;
    this.#executor = race.executor;
    this.#template = template;
    this.#program = program;
    this.#arms = race.trainer.arms.map((arm) => program.bind(arm));
    this.#averages = race.trainer.arms.map((arm) => program.bindAverage(arm));
  }

  /** Errors: `text-missing`. */
  watch(text: number): void {
    const { n } = this.#race.prepared.dataset.test;
    if (!Number.isInteger(text) || text < 0 || text >= n) throw noSuchText(text, n);
    this.#text = text;
  }

  get text(): number {
    return this.#text;
  }

  /** The text as all arms see it at the same step. */
  async picture(): Promise<TextPicture> {
    const { dataset, test: answers, hasTeacher } = partsOf(this.#race);
    const { test, positions, classNames } = dataset;
    const classes = classNames.length;
    const text = this.#text;
    const first = text * positions;
    const words = new Uint32Array(this.#template.rows * positions);
    words.set(test.inputs.subarray(first, first + positions));
    this.#executor.write(this.#program.storage('input'), words);
    // All is handed over before the first answer is awaited, so that no step comes in between.
    const read = (bound: BoundProgram) => {
      this.#executor.run([bound]);
      return this.#executor.read(this.#program.storage('logits'), 0, positions * classes);
    };
    const students = this.#arms.map(read);
    const copies = this.#averages.map((bound) => (bound === null ? null : read(bound)));
    const all = await Promise.all(students);
    const averages = await Promise.all(copies);
    const model = hasTeacher ? await answers.answer(text, 1, this.#race.trainer.now.teacher) : null;
    // Arms without a copy of their own are measured against the first there is.
    const taught = model ?? averages.find((one) => one !== null) ?? null;
    const rows = Array.from({ length: positions }, (_, i) => i).filter((i) => test.valid[first + i] === 1);
    // Padding stands at the end, or nowhere.
    const n = (rows.at(-1) ?? -1) + 1;
    const labels = test.trueLabels.slice(first, first + n);
    const shown = shownTokens(taught === null ? all : [taught, ...all], labels, classes);
    const of = { labels, shown, classes };
    return {
      text,
      texts: test.n,
      inputs: words.slice(0, n),
      labels,
      entropy: test.entropy?.slice(first, first + n) ?? null,
      shown,
      teacher: taught === null ? null : tokenRows(taught, null, of),
      arms: all.map((logits, arm) => tokenRows(logits, averages[arm] ?? taught, of)),
    };
  }

  dispose(): void {
    this.#program.dispose();
  }
}

function partsOf(race: Race) {
  const { dataset, test } = race.prepared;
  return {
    dataset,
    test,
    hasTeacher: race.trainer.spec.teacher.source !== 'none' && race.trainer.spec.teacher.source !== 'average',
  };
}

function noSuchText(got: number, texts: number): StillroomError {
  return new StillroomError({
    code: 'text-missing',
    problem: 'There is no such held-out text',
    got: String(got),
    wanted: `0 to ${texts - 1}`,
  });
}
