// Students of every kind and option, trained on the GPU, exported, and run by onnxruntime on samples they never saw:
// every logit of the file is the engine's own to 1e-4 of max(1, |logit|), one sample at a time and seven at a time.
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { afterAll, describe, expect, test } from 'vitest';
import { idx } from '../../e2e/models.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { type Dataset, sampleSize } from '../data/task.ts';
import { readUserFiles, type UserData } from '../data/userFiles.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { ringWidth } from '../kernels/metricsRow.ts';
import { readSafetensors } from '../sharing/safetensors.ts';
import { presets } from '../spec/presets.ts';
import { type DataSpec, parseRunSpec, type RunSpec, type StudentSpec } from '../spec/runSpec.ts';
import { readModel } from '../teachers/onnx/modelFile.ts';
import { RandomStream } from '../tensor/random.ts';
import { exportRun } from '../training/exports.ts';
import { fakePrepared } from '../training/fakePrepared.ts';
import { Race } from '../training/race.ts';

const tolerance = 1e-4;
const heldOut = 100;
const steps = 36;

env.wasm.numThreads = 1;
const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const rows = {
  transfer: 256,
  labelled: 'all' as const,
  validation: 16,
  test: heldOut,
  leaveOut: [],
  labelNoise: 0,
  dataSeed: 1,
};
const planes = { task: 'planes', noise: 0.2, everywhere: false, ...rows } as const;
const moons: DataSpec = { ...planes, shape: 'moons', leaveOut: [] };
const spirals: DataSpec = { ...planes, shape: 'spirals', leaveOut: [] };
const glyphs: DataSpec = { task: 'glyphs', size: 16, ...rows };
/** Pictures of the user's, wider than high, neither side even throughout, and scaled. */
const pictures: DataSpec = { task: 'file', fingerprint: '', mean: 0.3, std: 0.25, ...rows };
const [height, width, pictureClasses, pictureCount] = [7, 10, 3, 400];
const pixels = picturePixels();

/** A bright bar in one of three places, over noise. */
function picturePixels(): Uint8Array<ArrayBuffer> {
  const random = new RandomStream(1, 0, 9);
  const size = height * width;
  return Uint8Array.from({ length: pictureCount * size }, (_, i) => {
    const place = Math.floor(((i % width) * pictureClasses) / width);
    const bright = place === Math.floor(i / size) % pictureClasses ? 120 : 0;
    return bright + random.integer(120);
  });
}

function userData(): UserData {
  const labels = Uint8Array.from({ length: pictureCount }, (_, row) => row % pictureClasses);
  const { data } = readUserFiles([
    { name: 'images', bytes: idx([pictureCount, height, width], pixels) },
    { name: 'labels', bytes: idx([pictureCount], labels) },
  ]);
  if (data === undefined) throw new Error('no images with labels');
  return data;
}

function specOf(student: StudentSpec, data: DataSpec, changes: Partial<RunSpec> = {}): RunSpec {
  const base = presets.get('two-moons-1');
  if (base === undefined) throw new Error('no preset');
  return parseRunSpec({
    ...base.spec,
    data,
    student,
    training: { steps, batch: 32, accumulate: 1, evaluateEvery: steps },
    arms: [{ kind: 'labels' }, { kind: 'distilled' }],
    ...changes,
  });
}

interface Exported {
  readonly dataset: Dataset;
  /** Of the arm that is exported: total loss by step. */
  readonly losses: readonly number[];
  /** (heldOut, classes), by the engine. */
  readonly logits: Float32Array;
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly safetensors: Uint8Array<ArrayBuffer>;
  /** Exported tensors as they lie on the GPU. */
  readonly weights: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;
  readonly parameters: number;
}

/** Trains both arms and exports the second, as the page and the command line do. */
async function trainAndExport(spec: RunSpec, hidden: readonly number[] = []): Promise<Exported> {
  const data = datasetFromSpec(spec, spec.seed, spec.data.task === 'file' ? userData() : undefined);
  const prepared = fakePrepared(data, { hidden });
  const race = await Race.create(gpu, spec, prepared);
  try {
    const { trainer } = race;
    while (!trainer.finished) await trainer.takeStep();
    await gpu.settled();
    const { arms, count } = await trainer.readMetrics();
    const evaluator = trainer.evaluator(data.dataset.test.inputs);
    const logits = await evaluator.logits(trainer.bindEvaluator(evaluator, 1));
    evaluator.dispose();
    const log = { arms: [], steps: [], values: [], evaluations: [] };
    const source = { race, prepared, log, versions: {}, command: null };
    const numbers = (await trainer.arms[1]?.parameters()) ?? [];
    const entries = trainer.arms[1]?.model.tape.table.entries ?? [];
    return {
      dataset: data.dataset,
      losses: Array.from({ length: count }, (_, i) => arms[1]?.[i * ringWidth] ?? Number.NaN),
      logits,
      onnx: (await exportRun(source, 'onnx', 1)).bytes,
      safetensors: (await exportRun(source, 'safetensors', 1)).bytes,
      weights: new Map(
        entries.flatMap(({ name, shape, exported }, i) => {
          const own = numbers[i];
          return exported && own !== undefined ? [[name, { shape, data: own }] as const] : [];
        }),
      ),
      parameters: race.student.parameters,
    };
  } finally {
    race.dispose();
  }
}

/** Logits of the file for all samples, `batch` at a time; the last run takes what is left. */
async function runFile(
  file: Uint8Array<ArrayBuffer>,
  inputs: Float32Array<ArrayBuffer>,
  shape: readonly number[],
  batch: number,
): Promise<number[]> {
  const session = await InferenceSession.create(file, { executionProviders: ['wasm'], logSeverityLevel: 3 });
  expect([session.inputNames, session.outputNames]).toEqual([['input'], ['logits']]);
  const size = sampleSize(shape);
  const found: number[] = [];
  for (let row = 0; row * size < inputs.length; row += batch) {
    const part = inputs.slice(row * size, (row + batch) * size);
    const n = part.length / size;
    const { logits } = await session.run({ input: new Tensor('float32', part, [n, ...shape]) });
    expect(logits?.dims[0]).toBe(n);
    if (logits?.data instanceof Float32Array) found.push(...logits.data);
  }
  await session.release();
  return found;
}

/** The largest difference, each relative to max(1, |the engine's logit|). */
function farthest(found: readonly number[], own: Float32Array): number {
  expect(found).toHaveLength(own.length);
  const differences = found.map((value, i) => {
    const wanted = own[i] ?? Number.NaN;
    return Math.abs(value - wanted) / Math.max(1, Math.abs(wanted));
  });
  // Math.max of a NaN is NaN, which no tolerance allows.
  return Math.max(...differences);
}

/** How far the samples' logits of a class lie apart, for the class where it is least. */
function spreadOf(logits: Float32Array, classes: number): number {
  const spreads = Array.from({ length: classes }, (_, label) => {
    const own = logits.filter((_value, i) => i % classes === label);
    return Math.max(...own) - Math.min(...own);
  });
  return Math.min(...spreads);
}

/** Entries of a ModelProto's metadata_props (field 14), each a message of key (1) and value (2). */
function metadataOf(file: Uint8Array): Readonly<Record<string, string>> {
  const text = (bytes: Uint8Array | undefined) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  const entries = messagesOf(file, 14).map((entry) => {
    return [text(messagesOf(entry, 1)[0]), text(messagesOf(entry, 2)[0])] as const;
  });
  return Object.fromEntries(entries);
}

/** Contents of every length-delimited field of this number; a model has no fixed-width ones on its top level. */
function messagesOf(bytes: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const varint = () => {
    for (let [value, scale] = [0, 1]; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const length = varint();
    if (tag % 8 === 0) continue;
    if (tag % 8 !== 2) throw new Error(`wire type ${tag % 8}`);
    if (tag >> 3 === wanted) found.push(bytes.subarray(at, at + length));
    at += length;
  }
  return found;
}

const mlp = { kind: 'mlp', hidden: [16, 16], activation: 'relu', norm: 'none', dropout: 0 } as const;
const cnn = {
  kind: 'cnn',
  channels: [4, 8],
  pool: 'max',
  norm: 'none',
  hidden: 12,
  activation: 'relu',
  dropout: 0,
} as const;

const activations = ['relu', 'tanh', 'gelu'] as const;
const dense: (readonly [string, StudentSpec, DataSpec])[] = [
  ...activations.flatMap((activation) =>
    (['none', 'layer'] as const).map((norm) => {
      const student: StudentSpec = { ...mlp, hidden: [16, 16], activation, norm };
      return [`mlp, ${activation}, normalisation: ${norm}`, student, moons] as const;
    }),
  ),
  ['mlp without hidden layers', { ...mlp, hidden: [] }, spirals],
  ['mlp with dropout', { ...mlp, hidden: [16, 16], dropout: 0.4 }, spirals],
  [
    'mlp with dropout, layer normalisation and GELU',
    { ...mlp, hidden: [17], activation: 'gelu', norm: 'layer', dropout: 0.4 },
    spirals,
  ],
  ['deep mlp of uneven widths', { ...mlp, hidden: [33, 7, 65, 1, 5] }, spirals],
  ['mlp that reads images as rows', { ...mlp, hidden: [32], activation: 'tanh' }, glyphs],
  ['mlp over scaled pictures', { ...mlp, hidden: [24] }, pictures],
];

const convolutional: (readonly [string, StudentSpec, DataSpec])[] = [
  // Every pair of choices; three of a kind meet nowhere in the graph.
  ...activations.flatMap((activation, i) =>
    (['none', 'group'] as const).map((norm, j) => {
      const pool = (i + j) % 2 === 0 ? 'max' : 'average';
      const student: StudentSpec = { ...cnn, channels: [3, 8], activation, norm, pool };
      return [`cnn, ${activation}, normalisation: ${norm}, pool: ${pool}`, student, pictures] as const;
    }),
  ),
  [
    'cnn of two and three groups of channels',
    { ...cnn, channels: [16, 24], norm: 'group', pool: 'average', hidden: 0 },
    pictures,
  ],
  ['cnn pooled to one pixel', { ...cnn, channels: [6, 8, 12, 16], activation: 'tanh' }, glyphs],
  ['cnn without a dense hidden layer', { ...cnn, channels: [5], hidden: 0, norm: 'group' }, pictures],
  ['cnn with dropout', { ...cnn, channels: [4, 8], dropout: 0.4, activation: 'gelu' }, pictures],
];

async function expectSameStudent(exported: Exported): Promise<void> {
  const { dataset, losses, logits, onnx } = exported;
  const mean = (part: readonly number[]) => part.reduce((sum, x) => sum + x, 0) / part.length;
  // Trained: an untrained student's logits would hide biases, gains and small weights.
  expect(mean(losses.slice(-8))).toBeLessThan(mean(losses.slice(0, 4)));
  // Alive: rectifiers that all answer 0 would hide everything below the last layer.
  expect(spreadOf(logits, dataset.classNames.length)).toBeGreaterThan(0.1);
  for (const batch of [1, 7]) {
    const found = await runFile(onnx, Float32Array.from(dataset.test.inputs), dataset.inputShape, batch);
    expect(farthest(found, logits)).toBeLessThanOrEqual(tolerance);
  }
  expectSameWeights(exported);
}

/** Both files hold the arm's own numbers, bit for bit, and no other parameters. */
function expectSameWeights({ onnx, safetensors, weights, parameters }: Exported): void {
  const { tensors, leftOut } = readSafetensors(safetensors);
  expect(leftOut).toEqual([]);
  expect(tensors.reduce((sum, { data }) => sum + data.length, 0)).toBe(parameters);
  const kept = new Map(tensors.map(({ name, shape, data }) => [name, { shape, data }]));
  expect(kept).toEqual(weights);
  const inGraph = readModel(onnx).graph.tensors;
  for (const [name, { shape, data }] of weights) {
    const tensor = inGraph.find((one) => one.name === name);
    expect([name, tensor?.shape, tensor?.dtype]).toEqual([name, shape, 'float32']);
    const raw = tensor?.raw?.slice() ?? new Uint8Array();
    expect(new Float32Array(raw.buffer)).toEqual(data);
  }
}

describe('the file of a student computes what the engine computes, on 100 held-out samples', () => {
  test.each([...dense, ...convolutional])('%s', async (_, student, data) => {
    await expectSameStudent(await trainAndExport(specOf(student, data)));
  });

  test('a student with a projection to hidden states leaves the projection behind', async () => {
    const { objective } = specOf({ ...mlp, hidden: [16] }, moons);
    const pairs = [{ student: 0, teacher: 'any' }];
    const hidden = { loss: 'hidden_mse', weight: 1, pairs, maps: 'pool' } as const;
    const spec = specOf({ ...mlp, hidden: [16] }, moons, {
      objective: { ...objective, hidden: { ...hidden, pairs } },
    });
    const exported = await trainAndExport(spec, [6]);
    await expectSameStudent(exported);
    const names = readModel(exported.onnx).graph.tensors.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('projection'))).toEqual([]);
    expect([...exported.weights.keys()]).not.toContain('projection0.weight');
  });
});

describe('what is done to a sample before it is the input is written in the file', () => {
  /** The statement, the same in both files. */
  function inputOf({ onnx, safetensors }: Exported): string {
    const { input } = metadataOf(onnx);
    expect(readSafetensors(safetensors).metadata['input']).toBe(input);
    return input ?? '';
  }

  test('for pictures: the byte pixels, scaled as it says, are samples that the file answers as the engine does', async () => {
    const exported = await trainAndExport(specOf({ ...cnn, channels: [4] }, pictures));
    const { dataset, logits, onnx } = exported;
    const stated = /^\(pixel \/ 255 − (-?[\d.]+)\) \/ ([\d.]+) for byte pixels/.exec(inputOf(exported));
    const [mean, std] = [Number(stated?.[1]), Number(stated?.[2])];
    expect([mean, std]).toEqual([0.3, 0.25]);
    const size = height * width;
    const given = Float32Array.from({ length: heldOut * size }, (_, i) => {
      const row = dataset.test.sampleIndex[Math.floor(i / size)] ?? 0;
      return ((pixels[row * size + (i % size)] ?? 0) / 255 - mean) / std;
    });
    expect(farthest(await runFile(onnx, given, [1, height, width], 7), logits)).toBeLessThanOrEqual(
      tolerance,
    );
    const unscaled = given.map((x) => x * std + mean);
    expect(farthest(await runFile(onnx, unscaled, [1, height, width], 7), logits)).toBeGreaterThan(tolerance);
  });

  test('for glyphs: pixels from 0 to 1, and ink is 1', async () => {
    const exported = await trainAndExport(specOf({ ...mlp, hidden: [8] }, glyphs));
    expect(inputOf(exported)).toBe('pixels from 0 to 1, ink is 1');
    const { inputs } = exported.dataset.test;
    expect(inputs.every((x) => x >= 0 && x <= 1)).toBe(true);
    // A picture has less ink than paper.
    expect(inputs.filter((x) => x < 0.25).length).toBeGreaterThan(inputs.filter((x) => x > 0.75).length);
    expect(Math.max(...inputs)).toBeGreaterThan(0.9);
  });

  test('for planes: the coordinates themselves; beside them the classes, the step and the whole run', async () => {
    const spec = specOf({ ...mlp, hidden: [8] }, spirals);
    const exported = await trainAndExport(spec);
    expect(inputOf(exported)).toBe('coordinates as the task gives them');
    const metadata = metadataOf(exported.onnx);
    expect(metadata['classes']?.split('\n')).toEqual(exported.dataset.classNames);
    expect(metadata['step']).toBe(String(steps));
    expect(metadata['data']).toBe(exported.dataset.fingerprint);
    expect(parseRunSpec(JSON.parse(metadata['spec'] ?? ''))).toEqual(spec);
  });
});
