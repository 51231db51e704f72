/**
 * Writes texts with a student: a batch of sequences from their prompts to full length in one phase. The tokens are drawn
 * on the executor and read back once, or left where a batch takes its input from (on-policy distillation).
 */

import type { Model } from '../ops/compile.ts';
import { compileGenerate } from '../ops/compileGenerate.ts';
import type { BoundProgram, Executor, Placement, Storage } from '../tensor/executor.ts';
import { LiveBlock, liveWords } from '../tensor/live.ts';
import type { Planned } from '../tensor/plan.ts';
import type { Program } from '../tensor/program.ts';

export interface GenerateTemplate {
  readonly planned: Planned;
  readonly batch: number;
  readonly positions: number;
}

/** What a phase draws with: 0 is greedy. The same seed and phase give the same tokens. */
export interface Sampling {
  readonly temperature: number;
  readonly seed: number;
  readonly phase: number;
}

export function generateTemplate(model: Model, batch: number, software: boolean): GenerateTemplate {
  return { planned: compileGenerate(model, { batch, software }), batch, positions: model.positions };
}

export class Generator {
  readonly #executor: Executor;
  readonly #template: GenerateTemplate;
  readonly #own: Storage[] = [];
  readonly #placements = new Map<string, Placement>();
  readonly #live: Storage;

  /**
   * `sequence`, u32 (batch, positions), stays its owner's: a batch's `input`, say. Without it there is one of its own.
   * Frees what it has where the rest is refused.
   */
  constructor(executor: Executor, template: GenerateTemplate, sequence?: Storage) {
    this.#executor = executor;
    this.#template = template;
    try {
      for (const { name, dtype, length } of template.planned.program.slots) {
        if (name.startsWith('parameters.')) continue;
        if (name === 'sequence' && sequence !== undefined) this.#placements.set(name, { storage: sequence });
        else this.#placements.set(name, { storage: this.#allocate(name, dtype, length) });
      }
      this.#live = this.#allocate('live', 'u32', liveWords);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  get program(): Program {
    return this.#template.planned.program;
  }

  /** Where the lengths of a phase lie: u32 (batch). */
  get lengths(): Placement {
    return { storage: this.#storage('prompt') };
  }

  /** Bytes beside the parameters and a sequence that is somebody else's. */
  get bytes(): number {
    return this.#own.reduce((sum, { length }) => sum + 4 * length, 0);
  }

  /** One more token; `student` places `parameters.*`. */
  bind(student: ReadonlyMap<string, Placement>): BoundProgram {
    const live = { storage: this.#live, offset: 0 };
    return this.#executor.bind(this.program, new Map([...student, ...this.#placements]), live);
  }

  /** A phase from prompts, one for each sequence. Errors: as `extend`. */
  write(bound: BoundProgram, prompts: readonly ArrayLike<number>[], sampling: Sampling): void {
    const { batch, positions } = this.#template;
    const words = new Uint32Array(batch * positions);
    const lengths = Uint32Array.from({ length: batch }, (_, b) => prompts[b]?.length ?? 0);
    this.#checkLengths(lengths);
    lengths.forEach((_, b) => {
      words.set(Uint32Array.from(prompts[b] ?? []), b * positions);
    });
    this.#write('sequence', words);
    this.extend(bound, lengths, sampling);
  }

  /**
   * A phase from what the sequences hold already (a gathered batch): of each so many tokens stay, and all of them where
   * that is its full length. Does not wait. Errors: RangeError where none stays, or more than there are.
   */
  extend(bound: BoundProgram, lengths: Uint32Array<ArrayBuffer>, sampling: Sampling): void {
    this.stage(lengths, sampling);
    this.#executor.run(this.phase(bound));
  }

  /** All that a phase runs, once it is staged. */
  phase(bound: BoundProgram): readonly BoundProgram[] {
    return Array.from({ length: this.#template.positions - 1 }, () => bound);
  }

  /** What the next phase begins with. Errors: as `extend`. */
  stage(lengths: Uint32Array<ArrayBuffer>, sampling: Sampling): void {
    const { batch, positions } = this.#template;
    this.#checkLengths(lengths);
    const first = Uint32Array.from({ length: batch }, (_, b) => b * positions);
    this.#write('prompt', lengths);
    this.#write('position', new Uint32Array(batch));
    this.#write('place', first);
    const live = new LiveBlock(1);
    live.set(0, 'temperature', sampling.temperature);
    live.set(0, 'seed', sampling.seed);
    live.set(0, 'step', sampling.phase);
    this.#executor.write(this.#live, live.words);
  }

  /** The tokens (batch, positions) of the last phase: the one thing that is read back. */
  tokens(): Promise<Uint32Array<ArrayBuffer>> {
    return this.#executor.readWords(this.#storage('sequence'));
  }

  dispose(): void {
    for (const storage of this.#own) storage.dispose();
  }

  #checkLengths(lengths: Uint32Array): void {
    const { positions } = this.#template;
    const wrong = lengths.find((length) => length === 0 || length > positions);
    if (wrong !== undefined)
      throw new RangeError(`a prompt of ${wrong} tokens, where 1 to ${positions} are wanted`);
  }

  #allocate(name: string, dtype: 'f32' | 'u32', length: number): Storage {
    const storage = this.#executor.allocate(`generate ${name}`, dtype, length);
    this.#own.push(storage);
    return storage;
  }

  #write(name: string, words: Uint32Array<ArrayBuffer>): void {
    this.#executor.write(this.#storage(name), words);
  }

  #storage(name: string): Storage {
    const storage = this.#placements.get(name)?.storage;
    if (storage === undefined) throw new RangeError(`a generator has no ${name}`);
    return storage;
  }
}
