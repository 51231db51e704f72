/**
 * Runs students over fixed rows and reads their logits back: held-out splits, the samples that the page shows, the
 * grid of a boundary. Rows stay on the executor; nothing here waits inside a step.
 */
import { compileEvaluate, type Model } from '../ops/compile.ts';
import { sizeOf } from '../ops/tape.ts';
import type { BoundProgram, Executor, Placement, Storage } from '../tensor/executor.ts';
import type { Dtype, Inputs } from '../tensor/kernel.ts';
import type { Planned } from '../tensor/plan.ts';
import { windowAlignment } from '../tensor/program.ts';

/** Samples of one pass: many keep a GPU busy, few answer a drawn digit at once. */
export const passRows = { many: 512, few: windowAlignment } as const;
/** Logits of one pass of a language model, unless one sample has more. */
const mostLogits = 2 ** 22;

/** The Program that all evaluators of a model share, with the slabs it needs. */
export interface EvaluateTemplate {
  readonly planned: Planned;
  /** Samples of one pass. */
  readonly rows: number;
  readonly size: number;
  readonly dtype: Dtype;
  /** Logits of one sample: of all its positions. */
  readonly logits: number;
  /** Logits of one pass alone are kept: of long texts with a large vocabulary all would not fit. */
  readonly inRuns: boolean;
}

export function evaluateTemplate(model: Model, software: boolean, wanted: number): EvaluateTemplate {
  const rows = model.positions === 1 ? wanted : passOfSequences(model, wanted);
  return {
    planned: compileEvaluate(model, { batch: rows, software }),
    rows,
    size: sizeOf(model.input),
    dtype: model.inputDtype,
    logits: sizeOf(model.logits),
    inRuns: model.positions > 1,
  };
}

/** As many sequences as keep the logits small, in windows that are aligned whichever pass it is. */
function passOfSequences({ input, logits }: Model, wanted: number): number {
  let step = 1;
  while ((step * sizeOf(input)) % windowAlignment !== 0 || (step * sizeOf(logits)) % windowAlignment !== 0)
    step *= 2;
  const most = Math.min(wanted, Math.floor(mostLogits / sizeOf(logits)));
  return step * Math.max(1, Math.floor(most / step));
}

export class Evaluator {
  readonly n: number;
  readonly #executor: Executor;
  readonly #template: EvaluateTemplate;
  readonly #inputs: Storage;
  readonly #logits: Storage;
  readonly #passes: number;

  /** `inputs`: (n, size). Nothing stays where the logits are refused. */
  constructor(executor: Executor, template: EvaluateTemplate, inputs: Inputs) {
    const { rows, size, dtype, logits } = template;
    this.n = inputs.length / size;
    this.#executor = executor;
    this.#template = template;
    this.#passes = Math.max(1, Math.ceil(this.n / rows));
    const kept = template.inRuns ? 1 : this.#passes;
    this.#inputs = executor.allocate('evaluated input', dtype, this.#passes * rows * size);
    try {
      this.#logits = executor.allocate('evaluated logits', 'f32', kept * rows * logits);
    } catch (error) {
      this.#inputs.dispose();
      throw error;
    }
    executor.write(this.#inputs, inputs);
  }

  /** Replaces rows from the first on, (k, size) with k ≤ n. */
  write(inputs: Inputs): void {
    this.#executor.write(this.#inputs, inputs);
  }

  /** All passes of one student; `student` places `parameters.*` and the slabs. */
  bind(student: ReadonlyMap<string, Placement>): readonly BoundProgram[] {
    const { planned, rows, size, logits, inRuns } = this.#template;
    return Array.from({ length: this.#passes }, (_, pass) =>
      this.#executor.bind(
        planned.program,
        new Map<string, Placement>([
          ...student,
          ['input', { storage: this.#inputs, offset: pass * rows * size }],
          ['logits', { storage: this.#logits, offset: inRuns ? 0 : pass * rows * logits }],
        ]),
      ),
    );
  }

  /** Logits (n × positions, classes) of the student whose passes these are, as it stands now. */
  async logits(passes: readonly BoundProgram[]): Promise<Float32Array<ArrayBuffer>> {
    if (!this.#template.inRuns) {
      this.#executor.run(passes);
      return this.#executor.read(this.#logits, 0, this.n * this.#template.logits);
    }
    const all = new Float32Array(this.n * this.#template.logits);
    await this.inRuns(passes, (logits, first) => {
      all.set(logits, first * this.#template.logits);
      return Promise.resolve();
    });
    return all;
  }

  /**
   * The same pass by pass, each given to `visit` with the number of its first sample. The student must not change
   * meanwhile, and nobody else may ask this evaluator.
   */
  async inRuns(
    passes: readonly BoundProgram[],
    visit: (logits: Float32Array<ArrayBuffer>, first: number, samples: number) => Promise<void>,
  ): Promise<void> {
    const { rows, logits } = this.#template;
    for (const [pass, bound] of passes.entries()) {
      const first = pass * rows;
      const samples = Math.min(rows, this.n - first);
      this.#executor.run([bound]);
      await visit(await this.#executor.read(this.#logits, 0, samples * logits), first, samples);
    }
  }

  /** Of these passes the one that begins with sample `first`, where logits are kept of one pass alone. */
  pass(passes: readonly BoundProgram[], first: number, samples: number): Promise<Float32Array<ArrayBuffer>> {
    const { rows, logits } = this.#template;
    this.#executor.run(passes.slice(first / rows, first / rows + 1));
    return this.#executor.read(this.#logits, 0, samples * logits);
  }

  dispose(): void {
    this.#inputs.dispose();
    this.#logits.dispose();
  }
}
