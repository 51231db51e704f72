/**
 * The work of language: whole training steps of a small decoder, the head and its loss in chunks and at once, and writing
 * with a cache of keys and values. The steps are the shipped trainer's, and the same as a task for a peer.
 */
import { BatchOrder } from '../src/data/order.ts';
import type { Split } from '../src/data/task.ts';
import { rowFlag } from '../src/kernels/rowLoss.ts';
import { chunkRowsOf } from '../src/ops/chunkedHead.ts';
import { compileGradient, type Model } from '../src/ops/compile.ts';
import { embedding } from '../src/ops/embedding.ts';
import { linear } from '../src/ops/linear.ts';
import { Tape } from '../src/ops/tape.ts';
import { presets } from '../src/spec/presets.ts';
import type { RunSpec, StudentSpec } from '../src/spec/runSpec.ts';
import { buildModel } from '../src/students/build.ts';
import type { Executor, Placement } from '../src/tensor/executor.ts';
import { LiveBlock, liveWords } from '../src/tensor/live.ts';
import { RandomStream, subSeed } from '../src/tensor/random.ts';
import { Generator, generateTemplate } from '../src/training/generator.ts';
import type { Contestant } from './contest.ts';
import type { Needs } from './floors.ts';
import { type OwnSteps, ownName, rowsOf, trainerSteps } from './trainerSteps.ts';
import { comparedSteps } from './work.ts';

type Floats = Float32Array<ArrayBuffer>;

/** Sizes of a decoder with learned positions, RMS normalisation, GELU and a tied head. */
export interface DecoderShape {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly positions: number;
  readonly batch: number;
  readonly classes: number;
}

export interface DecoderParameter {
  readonly shape: readonly number[];
  readonly decay: boolean;
  readonly numbers: Floats;
}

/** Steps on mean over tokens of KL(teacher ‖ student) at T = 1, by AdamW. Step i takes batch i, and so on round. */
export interface DecoderTask extends DecoderShape {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /**
   * Table of tokens, table of positions; of each layer gain, query, key, value and output, gain and the two matrices of the
   * MLP; the last gain. Matrices are (inputs, outputs).
   */
  readonly parameters: readonly DecoderParameter[];
  /** Tokens (batch, positions) and teacher's logits (batch, positions, classes) of each batch. */
  readonly batches: readonly { readonly tokens: Uint32Array<ArrayBuffer>; readonly teacher: Floats }[];
}

/** The one whose tokens a second are compared with the peer's. */
export const decoderShape: DecoderShape = {
  ...{ width: 128, layers: 4, heads: 4 },
  ...{ positions: 128, batch: 8, classes: 1_024 },
};
export interface HeadShape {
  readonly rows: number;
  readonly width: number;
  readonly classes: number;
}
/** Heads that are too large for one piece on small adapters. A CPU in place of a GPU binds no larger one. */
export const headShapesOf = (software: boolean): readonly HeadShape[] =>
  software
    ? [{ rows: 1_024, width: 256, classes: 16_384 }]
    : [1_024, 4_096].map((rows) => ({ rows, width: 256, classes: 49_152 }));

export async function decoderSteps(executor: Executor, shape: DecoderShape): Promise<OwnSteps<DecoderTask>> {
  const { positions, batch, classes } = shape;
  const spec = decoderSpec(shape);
  const n = comparedSteps * batch;
  const random = new RandomStream(7, 0, 0xdec0);
  const inputs = Uint32Array.from({ length: n * positions }, () => random.integer(classes));
  const logits = Float32Array.from({ length: n * positions * classes }, () => random.between(-3, 3));
  const rows = n * positions;
  const split: Split = {
    ...{ n, inputs, trueLabels: new Uint32Array(rows), labels: new Uint32Array(rows) },
    ...{ labelled: new Uint8Array(rows), valid: new Uint8Array(rows).fill(1) },
    sampleIndex: Uint32Array.from({ length: n }, (_, i) => i),
  };
  const order = new BatchOrder(subSeed(spec.seed, 'order'), batch, n);
  const batches = Array.from({ length: comparedSteps }, (_, i) => {
    const indices = new Uint32Array(batch);
    order.fill(i, indices);
    return {
      tokens: rowsOf(inputs, positions, indices),
      teacher: rowsOf(logits, positions * classes, indices),
    };
  });
  const own = {
    split,
    answers: logits,
    classes,
    inputShape: [positions],
    inputDtype: 'u32',
    positions,
  } as const;
  const { learningRate, weightDecay, beta1, beta2, epsilon } = spec.optimiser;
  return trainerSteps(executor, spec, own, async ({ arms: [arm] }) => {
    const numbers = (await arm?.parameters()) ?? [];
    const parameters = (arm?.model.tape.table.entries ?? []).map(({ shape: of, decay }, i) => {
      return { shape: of, decay, numbers: numbers[i] ?? new Float32Array() };
    });
    return { ...shape, learningRate, weightDecay, beta1, beta2, epsilon, parameters, batches };
  });
}

/** Matrices thrice; attention's two products of all pairs, half of them masked, thrice; 28 bytes a parameter. */
export function decoderNeeds({ width, layers, positions, batch, classes }: DecoderShape): Needs {
  const matrices = layers * 12 * width ** 2 + classes * width;
  const pairs = 2 * layers * batch * positions ** 2 * width;
  const rows = batch * positions;
  return {
    flops: 6 * matrices * rows + 3 * pairs,
    bytes: 28 * matrices + 3 * 4 * rows * (classes + 16 * layers * width),
    dispatches: 1,
  };
}

/** The head and its loss at once and in chunks, each named with what it holds beside parameters and the teacher. */
export async function headContestants(executor: Executor, shape: HeadShape): Promise<readonly Contestant[]> {
  const chunkRows = chunkRowsOf(shape.rows, shape.classes, executor.adapter.software);
  return [
    await headContestant(executor, shape, chunkRows),
    await headContestant(executor, shape, shape.rows),
  ];
}

export function headNeeds({ rows, width, classes }: HeadShape): Needs {
  return { flops: 6 * rows * width * classes, bytes: 4 * rows * classes, dispatches: 1 };
}

/** A batch of texts written by the decoder from one token each. */
export async function writingContestant(executor: Executor, shape: DecoderShape): Promise<Contestant> {
  const { positions, batch, classes } = shape;
  const model = buildModel(decoderStudent(shape), {
    ...{ inputShape: [positions], inputDtype: 'u32', positions, classes, hidden: null },
    maxElements: Math.floor(executor.adapter.maxBinding / 4),
  });
  const weights = model.tape.table.initialise(1);
  const parameters = weights.map((numbers, i) => {
    const storage = executor.allocate(`parameters.${i}`, 'f32', numbers.length);
    executor.write(storage, numbers);
    return storage;
  });
  const generator = new Generator(executor, generateTemplate(model, batch, executor.adapter.software));
  await executor.prepare([generator.program]);
  const bound = generator.bind(new Map(parameters.map((storage) => [storage.label, { storage }])));
  const prompts = Array.from({ length: batch }, (_, b) => [b % classes]);
  let phase = 0;
  return {
    name: ownName,
    async run(count) {
      for (let i = 0; i < count; i++)
        generator.write(bound, prompts, { temperature: 1, seed: 1, phase: phase++ });
      await executor.settled();
    },
    dispose() {
      generator.dispose();
      for (const storage of parameters) storage.dispose();
    },
  };
}

/** Some numbers again and again, since drawing as many as large logits have takes minutes. */
function repeatedFloats(random: RandomStream, length: number): Floats {
  const drawn = Math.min(length, 1_048_573);
  const floats = new Float32Array(length);
  for (let i = 0; i < drawn; i++) floats[i] = random.between(-1, 1);
  for (let filled = drawn; filled < length; filled *= 2) floats.copyWithin(filled, 0, length - filled);
  return floats;
}

async function headContestant(
  executor: Executor,
  { rows, width, classes }: HeadShape,
  chunkRows: number,
): Promise<Contestant> {
  const { software, subgroup, workgroup } = executor.adapter;
  const options = { batch: 1, software, subgroup, workgroup, accumulate: false, chunkRows };
  const { program, slabs } = compileGradient(headModel(rows, width, classes), ['forward_kl'], options);
  const random = new RandomStream(9, 0, 0xdec0);
  const storages = program.slots.map(({ name, dtype, length }) => {
    const storage = executor.allocate(name, dtype, length);
    const word = () => (name === 'flags' ? rowFlag.valid : random.integer(classes));
    if (dtype === 'u32') executor.write(storage, Uint32Array.from({ length }, word));
    else if (/^(teacher|parameters)/.test(name)) executor.write(storage, repeatedFloats(random, length));
    return storage;
  });
  const live = executor.allocate('live', 'u32', liveWords);
  const block = new LiveBlock(1);
  block.set(0, 'temperature', 1);
  block.set(0, 'inverseValid', 1 / rows);
  block.setTerm(0, 0, 1);
  executor.write(live, block.words);
  await executor.prepare([program]);
  const placements = new Map<string, Placement>(storages.map((storage) => [storage.label, { storage }]));
  const bound = executor.bind(program, placements, { storage: live, offset: 0 });
  const mebibytes = slabs.reduce((sum, length) => sum + 4 * length, 0) / 2 ** 20;
  return {
    name: `${chunkRows === rows ? 'at once' : `chunks of ${chunkRows} rows`}, ${mebibytes.toFixed(0)} MiB`,
    async run(count) {
      executor.run(Array.from({ length: count }, () => bound));
      await executor.settled();
    },
    dispose() {
      for (const storage of [...storages, live]) storage.dispose();
    },
  };
}

function headModel(positions: number, width: number, classes: number): Model {
  const tape = new Tape(2 ** 27);
  const input = tape.value([positions]);
  const { output, table } = embedding(tape, input, { vocabulary: classes, width });
  const state = linear(tape, output, { outputs: width, activation: 'none', bias: false });
  const logits = linear(tape, state, { outputs: classes, activation: 'none', bias: false, tied: table });
  const hidden = { pairs: [], balance: false };
  return { tape, input, inputDtype: 'u32', positions, logits, layers: [], hidden };
}

function decoderStudent({ width, layers, heads }: DecoderShape): StudentSpec {
  return {
    ...{ kind: 'transformer', layers, width, heads, kvHeads: heads },
    ...{ norm: 'rms', positions: 'learned', mlp: 'gelu', tied: true, dropout: 0 },
  };
}

function decoderSpec(shape: DecoderShape): RunSpec {
  const base = presets.get('two-moons-1');
  if (base === undefined) throw new RangeError('there is no preset to begin from');
  return {
    ...base.spec,
    seed: 1,
    student: decoderStudent(shape),
    objective: {
      ...{ mix: 1, temperature: 1, scaleByT2: true, hidden: null },
      terms: [{ id: 'forward_kl', weight: 1 }],
    },
    optimiser: {
      ...base.spec.optimiser,
      ...{ kind: 'adamw', learningRate: 1e-3, schedule: 'constant', warmup: 0, clipNorm: 0 },
      ...{ weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    },
    training: { steps: 100_000, batch: shape.batch, accumulate: 1, evaluateEvery: 1_000 },
    arms: [{ kind: 'distilled' }],
    events: [],
  };
}
