/**
 * The pieces of work: their sizes, their numbers from a seed, and what each needs at least. Pure but for the trainer
 * that the whole step is taken from.
 */
import { BatchOrder } from '../src/data/order.ts';
import type { TermId } from '../src/kernels/rowTerms.ts';
import { presets } from '../src/spec/presets.ts';
import type { RunSpec } from '../src/spec/runSpec.ts';
import type { Executor } from '../src/tensor/executor.ts';
import { RandomStream, subSeed } from '../src/tensor/random.ts';
import type { Needs } from './floors.ts';
import type { ProductTask, RowsTask, StepTask } from './library.ts';
import { ownSteps } from './own.ts';
import type { OwnSteps } from './trainerSteps.ts';

type Floats = Float32Array<ArrayBuffer>;

/** Steps over which the loss curves must agree, and batches that the steps go round. */
export const comparedSteps = 20;

export const productShapes: readonly (readonly [m: number, k: number, n: number])[] = [
  [128, 256, 128],
  [128, 784, 128],
  [512, 512, 512],
];

export const rowShapes: readonly (readonly [rows: number, classes: number])[] = [
  [128, 10],
  [1024, 1000],
  [256, 8192],
];

/** Of a student's step. */
export interface StepShape {
  /** Inputs, hidden widths and classes. */
  readonly widths: readonly number[];
  readonly batch: number;
}

/** The first is the one whose target PERFORMANCE names. */
export const stepShapes: readonly StepShape[] = [
  { widths: [256, 128, 128, 10], batch: 128 },
  { widths: [784, 256, 256, 10], batch: 256 },
];

export function productTask(m: number, k: number, n: number): ProductTask {
  return { m, k, n, a: randomFloats(m * k, 1, 1), b: randomFloats(k * n, 2, 1) };
}

export function rowsTask(rows: number, classes: number): RowsTask {
  const length = rows * classes;
  return {
    rows,
    classes,
    temperature: 4,
    student: randomFloats(length, 3, 6),
    teacher: randomFloats(length, 4, 6),
  };
}

/** The trainer of one distilled MLP, and the same work for the peers. */
/** `loss` in place of forward KL, over rows whose labels may be seen. */
export function stepsOf(
  executor: Executor,
  { widths, batch }: StepShape,
  loss?: TermId,
): Promise<OwnSteps<StepTask>> {
  const { spec, split } = stepRows(widths, batch, loss);
  const order = new BatchOrder(subSeed(spec.seed, 'order'), batch, split.n);
  const batches = Array.from({ length: comparedSteps }, (_, i) => {
    const indices = new Uint32Array(batch);
    order.fill(i, indices);
    return indices;
  });
  const logits = randomFloats(split.n * (widths.at(-1) ?? 2), 6, 6);
  return ownSteps(executor, spec, split, logits, batches);
}

/** The run of one distilled MLP, and the rows that it learns from. */
export function stepRows(widths: readonly number[], batch: number, loss?: TermId) {
  const n = comparedSteps * batch;
  const split = {
    n,
    inputs: randomFloats(n * (widths[0] ?? 1), 5, 1),
    trueLabels: new Uint32Array(n),
    labels: new Uint32Array(n),
    labelled: new Uint8Array(n).fill(loss === undefined ? 0 : 1),
    valid: new Uint8Array(n).fill(1),
    sampleIndex: Uint32Array.from({ length: n }, (_, i) => i),
  };
  return { spec: stepSpec(widths.slice(1, -1), batch, loss ?? 'forward_kl'), split };
}

function stepSpec(hidden: number[], batch: number, id: TermId): RunSpec {
  const base = presets.get('two-moons-1');
  if (base === undefined) throw new RangeError('there is no preset to begin from');
  return {
    ...base.spec,
    seed: 1,
    student: { kind: 'mlp', hidden, activation: 'relu', norm: 'none', dropout: 0 },
    objective: {
      mix: 1,
      temperature: 4,
      scaleByT2: true,
      terms: [{ id, weight: 1 }],
      hidden: null,
    },
    optimiser: {
      kind: 'adamw',
      learningRate: 1e-3,
      schedule: 'constant',
      warmup: 0,
      weightDecay: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      momentum: 0.9,
      clipNorm: 0,
    },
    training: { steps: 100_000, batch, accumulate: 1, evaluateEvery: 1_000 },
    arms: [{ kind: 'distilled' }],
    events: [],
  };
}

export function productNeeds({ m, n, k }: ProductTask): Needs {
  return { flops: 2 * m * n * k, bytes: 4 * (m * k + k * n + m * n), dispatches: 1 };
}

/** Both logits read, the gradient written. */
export function rowsNeeds({ rows, classes }: RowsTask): Needs {
  return { flops: 0, bytes: 3 * 4 * rows * classes, dispatches: 1 };
}

/**
 * Forward, weights' and inputs' gradients (the first layer needs none of the last), AdamW's 28 bytes a parameter. The
 * dispatches are a library's own choice, so they are no part of the work.
 */
export function stepNeeds({ widths, batch }: StepShape): Needs {
  let [flops, parameters, activations] = [0, 0, 0];
  widths.slice(1).forEach((outputs, layer) => {
    const inputs = widths[layer] ?? 1;
    flops += 2 * batch * inputs * outputs * (layer === 0 ? 2 : 3);
    parameters += (inputs + 1) * outputs;
    activations += batch * (inputs + outputs);
  });
  return { flops, bytes: 28 * parameters + 3 * 4 * activations, dispatches: 1 };
}

/** Uniform in [−scale, scale). */
function randomFloats(length: number, seed: number, scale: number): Floats {
  const random = new RandomStream(seed, 0, 0xbe9c4);
  return Float32Array.from({ length }, () => random.between(-scale, scale));
}
