/**
 * What the page looks at of a run over texts, beside its measures: a held-out text token by token. Everything runs between
 * steps over the students as they stand, in buffers that are reserved when they are first wanted.
 */
import type { LanguageCommand } from '../protocol/commands.ts';
import type { Reply } from '../protocol/events.ts';
import type { TextPicture } from '../protocol/texts.ts';
import type { Race } from './race.ts';
import { WatchedText } from './watchedText.ts';

export class LanguageView {
  readonly #race: Race;
  #watched: Promise<WatchedText> | null = null;
  readonly #made: { dispose(): void }[] = [];
  #disposed = false;

  /** Null where the run is not about texts, or holds none out. */
  static of(race: Race): LanguageView | null {
    const { positions, test } = race.prepared.dataset;
    return positions === 1 || test.n === 0 ? null : new LanguageView(race);
  }

  private constructor(race: Race) {
    this.#race = race;
  }

  /** The text that is looked at, as every model sees it now. Errors: those of the executor and of the teacher. */
  async picture(): Promise<TextPicture> {
    return (await this.#text()).picture();
  }

  /** Errors: `text-missing`, those of the executor. */
  async answer(command: LanguageCommand): Promise<Reply> {
    (await this.#text()).watch(command.text);
    return { kind: 'watched' };
  }

  dispose(): void {
    this.#disposed = true;
    for (const one of this.#made.splice(0)) one.dispose();
  }

  #text(): Promise<WatchedText> {
    this.#watched ??= this.#keep(WatchedText.create(this.#race));
    return this.#watched;
  }

  /** What is ready too late is given back at once. */
  async #keep<T extends { dispose(): void }>(making: Promise<T>): Promise<T> {
    const made = await making;
    this.#made.push(made);
    if (this.#disposed) this.dispose();
    return made;
  }
}
