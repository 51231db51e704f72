/**
 * A race ready to run: a trainer with everything that is judged along the way. The session shows one in the page,
 * the command line runs one to its end, and a repetition runs several over the same data and answers.
 */

import { ancestors, type Model } from '../ops/compile.ts';
import { sizeOf } from '../ops/tape.ts';
import type { ArmFacts, Evaluation, StudentFacts } from '../protocol/events.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { BoundProgram, Executor } from '../tensor/executor.ts';
import type { Inputs } from '../tensor/kernel.ts';
import { isTaught } from './armSettings.ts';
import type { Evaluator } from './evaluator.ts';
import { diverged, haltIn } from './health.ts';
import { HeldOutRows } from './heldOutRows.ts';
import { HeldOutTexts } from './heldOutTexts.ts';
import type { MetricsRows } from './metricsRing.ts';
import type { Prepared } from './prepare.ts';
import { type PrepareProgress, Trainer } from './trainer.ts';

/** Test rows (tokens of texts) that are judged along the way unless told; at the end all of them are. */
const usualWatched = 2_000;

interface Watched {
  readonly evaluator: Evaluator;
  /** By arm. */
  readonly passes: readonly (readonly BoundProgram[])[];
}

export class Race {
  readonly trainer: Trainer;
  readonly prepared: Prepared;
  readonly executor: Executor;
  /** All of them, as they come. */
  readonly #watched: Evaluator[] = [];
  readonly #judge: HeldOutRows | HeldOutTexts;
  readonly #probes: readonly Watched[];
  readonly #one: Watched;

  /** Errors: those of the trainer. */
  static async create(
    executor: Executor,
    spec: RunSpec,
    prepared: Prepared,
    progress?: PrepareProgress,
    watchedRows = usualWatched,
  ): Promise<Race> {
    const { dataset, answers } = prepared;
    const trainer = await Trainer.create({ executor, spec, dataset, answers }, progress);
    const race = new Race(executor, trainer, prepared, watchedRows);
    try {
      await executor.allocated();
      return race;
    } catch (error) {
      race.dispose();
      throw error;
    }
  }

  /** Disposes of the trainer too where memory is refused. */
  private constructor(executor: Executor, trainer: Trainer, prepared: Prepared, watchedRows: number) {
    this.executor = executor;
    this.trainer = trainer;
    this.prepared = prepared;
    const { test, positions } = prepared.dataset;
    const size = sizeOf(modelOf(trainer).input);
    try {
      this.#judge =
        positions === 1
          ? new HeldOutRows(trainer, prepared, watchedRows)
          : new HeldOutTexts(trainer, prepared, Math.ceil(watchedRows / positions));
      this.#probes = prepared.probes.map((probe) => this.#watch(probe.inputs));
      this.#one = this.#watch(test.inputs.slice(0, size));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /**
   * Measures of every arm as it stands now: on the first test rows along the way; where `whole` on all of them, and on
   * the first beside that. The rows of `test` come in the order of the data.
   */
  evaluations(whole = this.trainer.finished): Promise<readonly Evaluation[]> {
    return this.#judge.evaluations(whole);
  }

  /** The rows of metrics since the last call, for a run that nobody watches. Errors: `training-diverged`. */
  async metrics(): Promise<MetricsRows> {
    const { trainer } = this;
    const rows = await trainer.readMetrics();
    const halt = haltIn(rows);
    if (halt === null) return rows;
    const tensor = await trainer.firstBroken(halt.arm, halt.step);
    throw diverged(trainer.now, halt, tensor, 0);
  }

  /** Logits of every arm at every probe: `[probe][arm]`. */
  pictures(): Promise<readonly (readonly Float32Array<ArrayBuffer>[])[]> {
    return Promise.all(this.#probes.map((probe) => this.#logits(probe)));
  }

  /** Logits of every arm for one input of the task's shape. */
  classify(input: Inputs): Promise<readonly Float32Array<ArrayBuffer>[]> {
    this.#one.evaluator.write(input);
    return this.#logits(this.#one);
  }

  get student(): StudentFacts {
    const model = modelOf(this.trainer);
    const wanted = ancestors(model);
    const nodes = model.tape.nodes.filter((node) => wanted.has(node.output.id));
    const parameters = model.tape.table.exportedCount;
    return {
      parameters,
      bytes: 4 * parameters,
      flops: nodes.reduce((sum, node) => sum + node.cost.flops, 0),
    };
  }

  /** What each arm is shown. */
  get armFacts(): readonly ArmFacts[] {
    const { transfer } = this.prepared.dataset;
    const labels = transfer.labelled.reduce((sum, given, row) => sum + given * (transfer.valid[row] ?? 0), 0);
    const rows = transfer.valid.reduce((sum, valid) => sum + valid, 0);
    return this.trainer.arms.map(({ spec }) => {
      return { spec, labels, teacherAnswers: isTaught(spec) ? rows : 0 };
    });
  }

  dispose(): void {
    this.#judge?.dispose();
    for (const evaluator of this.#watched) evaluator.dispose();
    this.trainer.dispose();
  }

  #watch(inputs: Inputs): Watched {
    const evaluator = this.trainer.evaluator(inputs);
    this.#watched.push(evaluator);
    const passes = this.trainer.arms.map((_, arm) => this.trainer.bindEvaluator(evaluator, arm));
    return { evaluator, passes };
  }

  /** Every arm is run at once, so that all are seen at the same step. */
  #logits({ evaluator, passes }: Watched): Promise<readonly Float32Array<ArrayBuffer>[]> {
    return Promise.all(passes.map((own) => evaluator.logits(own)));
  }
}

function modelOf(trainer: Trainer): Model {
  const [arm] = trainer.arms;
  if (arm === undefined) throw new RangeError('a race without arms');
  return arm.model;
}
