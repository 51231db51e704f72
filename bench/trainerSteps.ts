/**
 * Whole training steps of this engine: the shipped trainer, with its gathering of the batch, its finite check and its
 * metrics, which the peers are spared, over rows whose teacher's logits are given or asked for. What the rows mean is its caller's.
 */
import type { Dataset, Split } from '../src/data/task.ts';
import { ringWidth } from '../src/kernels/metricsRow.ts';
import { rowStat } from '../src/kernels/rowLoss.ts';
import type { RunSpec } from '../src/spec/runSpec.ts';
import type { Executor } from '../src/tensor/executor.ts';
import { Pacer } from '../src/training/pacer.ts';
import { Trainer } from '../src/training/trainer.ts';
import type { LiveTeacher } from '../src/training/turns.ts';
import type { Contestant } from './contest.ts';
import type { Steps } from './library.ts';

type Floats = Float32Array<ArrayBuffer>;

/** What this engine is called in every contest. */
export const ownName = 'Stillroom';

/** A contestant that is also the source of its peers' batches and first weights. */
export interface OwnSteps<Task> extends Steps {
  readonly task: Task;
  readonly dispatches: number;
  /** The same steps as a run takes them: very short ones share a submit and a fence. */
  readonly paced: Contestant;
}

export interface Rows extends Pick<Dataset, 'inputShape' | 'inputDtype' | 'positions'> {
  readonly split: Split;
  readonly classes: number;
  /** (rows · positions, classes), or who answers each batch of this trainer. */
  readonly answers: Floats | ((trainer: Trainer, dataset: Dataset) => LiveTeacher | Promise<LiveTeacher>);
}

export async function trainerSteps<Task>(
  executor: Executor,
  spec: RunSpec,
  { split, classes, answers, ...inputs }: Rows,
  taskOf: (trainer: Trainer) => Promise<Task>,
): Promise<OwnSteps<Task>> {
  const dataset: Dataset = {
    ...inputs,
    classNames: Array.from({ length: classes }, (_, i) => `${i}`),
    ...{ transfer: split, validation: split, test: split, fingerprint: 'bench' },
  };
  const logits = answers instanceof Float32Array ? answers : null;
  const trainer = await Trainer.create({ executor, spec, dataset, answers: { logits, hidden: [] } });
  if (!(answers instanceof Float32Array)) trainer.liveTeacher = await answers(trainer, dataset);
  const take = async (count: number) => {
    for (let i = 0; i < count; i++) await trainer.takeStep();
  };
  return {
    name: ownName,
    dispatches: trainer.dispatches,
    paced: {
      name: `${ownName}, as a run goes`,
      async run(count) {
        const pacer = new Pacer(trainer, executor);
        for (let i = 0; i < count; i++) await pacer.step();
        await pacer.landed();
      },
      // The trainer is the other's.
      dispose: () => undefined,
    },
    task: await taskOf(trainer),
    async run(count) {
      await take(count);
      await executor.settled();
    },
    async losses(count) {
      await take(count);
      const { arms } = await trainer.readMetrics();
      const ring = arms[0] ?? new Float32Array();
      return Array.from({ length: count }, (_, i) => ring[i * ringWidth + rowStat.total] ?? Number.NaN);
    },
    dispose: () => trainer.dispose(),
  };
}

/** The rows of these indices, each `width` numbers, as a batch has them. */
export function rowsOf<T extends Floats | Uint32Array<ArrayBuffer>>(
  numbers: T,
  width: number,
  indices: Uint32Array,
): T {
  const found = numbers.slice(0, indices.length * width) as T;
  indices.forEach((row, i) => {
    found.set(numbers.subarray(row * width, (row + 1) * width), i * width);
  });
  return found;
}
