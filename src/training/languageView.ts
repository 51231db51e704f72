/**
 * What the page looks at of a run over texts, beside its measures: a held-out text token by token, what the models pay
 * attention to in it, and how they go on from a prompt. Everything runs between steps over the students as they stand, in
 * buffers that are reserved when they are first wanted; a teacher is opened when it is first asked.
 */
import type { LanguageCommand } from '../protocol/commands.ts';
import type { Reply } from '../protocol/events.ts';
import type { AttentionMap, TextPicture, Written } from '../protocol/texts.ts';
import { StillroomError } from '../spec/errors.ts';
import type { NextToken, RowTeacher } from '../teachers/rowTeacher.ts';
import { StudentAttention, taughtWeights } from './attentionMaps.ts';
import { promptTokens, rereading, StudentWriters, teacherWrites } from './continuation.ts';
import { AskedTeacher } from './heldOut.ts';
import type { Race } from './race.ts';
import { WatchedText } from './watchedText.ts';

/** Tokens of a text whose attention is drawn. */
const mostDrawn = 48;
/** Milliseconds that a teacher may write. */
const patience = 30_000;

type Continue = Extract<LanguageCommand, { type: 'continue' }>;

export interface ViewedTeacher {
  readonly open: () => Promise<RowTeacher>;
  /** That of the run's own teacher, where one is open that answers its batches: then no other is opened to write. */
  readonly live?: () => NextToken | undefined;
}

export class LanguageView {
  readonly #race: Race;
  readonly #teacher: AskedTeacher | null;
  readonly #live: () => NextToken | undefined;
  /** The last text that a teacher was asked for, to its end. */
  #writing: Promise<unknown> = Promise.resolve();
  readonly #made: { dispose(): void }[] = [];
  readonly #once = new Map<string, Promise<unknown>>();
  #disposed = false;

  /** Null where the run is not about texts, or holds none out. Without a teacher nothing is asked of one. */
  static of(race: Race, teacher: ViewedTeacher | null = null): LanguageView | null {
    const { positions, test } = race.prepared.dataset;
    return positions === 1 || test.n === 0 ? null : new LanguageView(race, teacher);
  }

  private constructor(race: Race, teacher: ViewedTeacher | null) {
    this.#race = race;
    this.#teacher = teacher === null ? null : new AskedTeacher(teacher.open);
    this.#live = teacher?.live ?? (() => undefined);
  }

  /** The text that is looked at, as every model sees it now. Errors: those of the executor and of the teacher. */
  async picture(): Promise<TextPicture> {
    return (await this.#text()).picture();
  }

  /** Errors: `text-missing`, those of prompts, of the executor and of the teacher. */
  async answer(command: LanguageCommand): Promise<Reply> {
    const { step } = this.#race.trainer;
    switch (command.type) {
      case 'watch':
        (await this.#text()).watch(command.text);
        return { kind: 'watched' };
      case 'continue':
        return { kind: 'continued', step, written: await this.#continue(command) };
      case 'attend':
        return { kind: 'attention', step, ...(await this.#attend()) };
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#teacher?.dispose();
    for (const one of this.#made.splice(0)) one.dispose();
  }

  async #continue({ prompt, temperature, seed, of }: Continue): Promise<readonly Written[]> {
    const { positions, vocabulary } = this.#race.prepared.dataset;
    if (vocabulary === undefined) throw new RangeError('texts without a vocabulary');
    const tokens = promptTokens(prompt, vocabulary, positions);
    if (of === 'students') {
      const writers = await this.#only('writers', () => StudentWriters.create(this.#race));
      return writers.write(tokens, { temperature, seed });
    }
    if (this.#race.trainer.spec.teacher.source === 'average') {
      const writers = await this.#only('copies', () => StudentWriters.create(this.#race, 'average'));
      const texts = await writers.write(tokens, { temperature, seed });
      const copied = this.#race.trainer.arms.filter(({ averaged }) => averaged);
      // The page names it: that of the first distilled arm, or the first that there is.
      const text =
        texts[
          Math.max(
            0,
            copied.findIndex((arm) => arm.spec.kind === 'distilled'),
          )
        ];
      if (text !== undefined) return [text];
    }
    const teacher = this.#teacher;
    if (teacher === null) throw noTeacher();
    // One text at a time, and the one before ends where it is: another was asked for in its place.
    const before = this.#writing;
    const answer = async (inputs: Uint32Array<ArrayBuffer>) => (await teacher.answer(inputs, 1)).logits;
    const { end } = vocabulary;
    const wanted = () => this.#writing === done && !this.#disposed;
    const write = async (): Promise<Written> => {
      // Nobody would give back what is opened now.
      if (this.#disposed) throw new RangeError('the run of this text was left');
      const live = this.#live();
      try {
        const next = live ?? (await teacher.reader()) ?? rereading(answer, positions, vocabulary);
        return await teacherWrites(next, tokens, { temperature, seed }, { positions, end, patience, wanted });
      } catch (error) {
        // The run's own teacher was closed in the middle: whoever is there now begins again.
        if (live === undefined || live === this.#live() || !wanted()) throw error;
        return write();
      }
    };
    const text = before.then(write);
    const done = text.catch(() => undefined);
    this.#writing = done;
    return [await text];
  }

  async #attend() {
    const { test, positions } = this.#race.prepared.dataset;
    const { text } = await this.#text();
    const first = text * positions;
    const inputs = Uint32Array.from(test.inputs.subarray(first, first + positions));
    const valid = test.valid.subarray(first, first + positions);
    const n = Math.min(mostDrawn, valid.lastIndexOf(1) + 1);
    const students = await this.#only('attention', () => StudentAttention.create(this.#race));
    const arms = (await students?.maps(inputs, n)) ?? [];
    return { text, n, arms, teacher: await this.#taught(inputs, n) };
  }

  /** Tensors that the run taps of its teacher, where they hold weights of attention. */
  async #taught(inputs: Uint32Array<ArrayBuffer>, n: number): Promise<readonly AttentionMap[]> {
    const { positions } = this.#race.prepared.dataset;
    const names = this.#race.trainer.spec.objective.hidden?.pairs.map(({ teacher }) => teacher) ?? [];
    // Taps that are no weights are not worth opening a teacher for; which they are was seen when the run was prepared.
    const { hidden } = this.#race.prepared.answers;
    const known = hidden.map(
      ({ size, values }) => taughtWeights(values, size, positions, positions) !== null,
    );
    if (this.#teacher === null || !known.includes(true)) return [];
    const answers = await this.#teacher.answer(inputs, 1);
    return answers.hidden.flatMap(({ size, values }, i): readonly AttentionMap[] => {
      const found = taughtWeights(values, size, positions, n);
      return found === null ? [] : [{ name: names[i] ?? '', ...found }];
    });
  }

  #text(): Promise<WatchedText> {
    return this.#only('text', () => WatchedText.create(this.#race));
  }

  /** Made once, when it is first wanted; what is ready too late is given back at once. */
  #only<T extends { dispose(): void } | null>(name: string, make: () => Promise<T>): Promise<T> {
    const known = this.#once.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const making = make().then((made) => {
      if (made !== null) this.#made.push(made);
      if (this.#disposed) this.dispose();
      return made;
    });
    this.#once.set(name, making);
    // One that failed is tried again.
    making.catch(() => this.#once.delete(name));
    return making;
  }
}

function noTeacher(): StillroomError {
  return new StillroomError({
    code: 'no-teacher',
    problem: 'This run has no teacher that could write',
    remedy: 'Choose a teacher that is a model',
    control: 'teacher.source',
  });
}
