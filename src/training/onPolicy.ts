/**
 * Texts that a student writes into its own batch before it learns from them (on-policy distillation; Agarwal et al. 2024,
 * https://arxiv.org/abs/2306.13649): which, from how many tokens on, and which of their rows then count. Nothing of it
 * is read back here; who answers for the texts is others' affair.
 */
import type { Dataset } from '../data/task.ts';
import { writtenRows } from '../kernels/writtenRows.ts';
import type { Model } from '../ops/compile.ts';
import type { ObjectiveSpec } from '../spec/runSpec.ts';
import type { BoundProgram, Executor, Placement } from '../tensor/executor.ts';
import { liveWords } from '../tensor/live.ts';
import { call, type Program, type Slot, whole } from '../tensor/program.ts';
import { randomUnit, subSeed } from '../tensor/random.ts';
import type { Batches } from './batches.ts';
import { type GenerateTemplate, Generator, generateTemplate } from './generator.ts';

type OnPolicySpec = NonNullable<ObjectiveSpec['onPolicy']>;

/** What an arm that writes needs beside its template. */
export interface WritingTemplate {
  readonly generate: GenerateTemplate;
  readonly count: Program;
}

export function writingTemplate(
  model: Model,
  batch: number,
  { vocabulary, positions }: Pick<Dataset, 'vocabulary' | 'positions'>,
  software: boolean,
): WritingTemplate {
  const rows = batch * positions;
  const slots: readonly Slot[] = [
    { name: 'prompt', dtype: 'u32', length: batch },
    { name: 'input', dtype: 'u32', length: rows },
    { name: 'flags', dtype: 'u32', length: rows },
    { name: 'live', dtype: 'u32', length: liveWords },
  ];
  const params = { batch, positions, end: vocabulary?.end ?? null };
  return {
    generate: generateTemplate(model, batch, software),
    count: { name: 'count written', slots, calls: [call(writtenRows, params, slots.map(whole))] },
  };
}

export interface WritingParts {
  readonly executor: Executor;
  readonly template: WritingTemplate;
  readonly batches: Batches;
  readonly dataset: Pick<Dataset, 'transfer' | 'positions'>;
  readonly seed: number;
}

/** One arm's writing; its buffers are its own. */
export class Writing {
  readonly #parts: WritingParts;
  readonly #generator: Generator;
  readonly #lengths: Uint32Array<ArrayBuffer>;
  /** Tokens of each transfer text. */
  readonly #tokens: Uint32Array;
  readonly #seeds: { readonly choice: number; readonly draws: number };
  /** Of the last `bind`. */
  passes: readonly BoundProgram[] = [];

  constructor(parts: WritingParts) {
    const { executor, template, batches, dataset, seed } = parts;
    this.#parts = parts;
    this.#generator = new Generator(executor, template.generate, batches.input);
    this.#lengths = new Uint32Array(template.generate.batch);
    this.#tokens = new Uint32Array(dataset.transfer.n);
    dataset.transfer.valid.forEach((valid, row) => {
      const text = Math.floor(row / dataset.positions);
      this.#tokens[text] = (this.#tokens[text] ?? 0) + valid;
    });
    this.#seeds = { choice: subSeed(seed, 'written'), draws: subSeed(seed, 'writing') };
  }

  /** `placements` of the arm, whose live window is `live`. */
  bind(placements: ReadonlyMap<string, Placement>, live: Placement): void {
    const { executor, template } = this.#parts;
    const own = new Map<string, Placement>([
      ...placements,
      ['live', live],
      ['prompt', this.#generator.lengths],
    ]);
    this.passes = [
      ...this.#generator.phase(this.#generator.bind(placements)),
      executor.bind(template.count, own),
    ];
  }

  /**
   * What is run between the gathering of a batch and its answers; nothing where the student writes no text of it. A text
   * is written where a draw of (seed, step, row) falls below the share; it continues its own first tokens.
   */
  stage(
    step: number,
    texts: Uint32Array,
    { share, temperature, prompt }: OnPolicySpec,
  ): readonly BoundProgram[] {
    const { positions } = this.#parts.dataset;
    let written = false;
    texts.forEach((text, row) => {
      const given = Math.min(prompt, this.#tokens[text] ?? 0);
      // A text of padding has nothing to begin with.
      const writes = given > 0 && given < positions && randomUnit(this.#seeds.choice, step, row, 0) < share;
      this.#lengths[row] = writes ? given : positions;
      written ||= writes;
    });
    if (!written) return [];
    this.#generator.stage(this.#lengths, { temperature, seed: this.#seeds.draws, phase: step });
    return this.passes;
  }

  /** The batch as it now stands, for a teacher that is fed by the host: the one thing that is read back. */
  tokens(): Promise<Uint32Array<ArrayBuffer>> {
    return this.#generator.tokens();
  }

  dispose(): void {
    this.#generator.dispose();
  }
}
