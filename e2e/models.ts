// Files for tests: ONNX teachers that are right, odd or hostile, and the data that go with them, all made from a seed.
// The right ones know their data: a sample is a bright patch at its class's place under noise, and the teacher compares
// it with the patches.
import { gzipSync } from 'node:zlib';
import { writeOnnx, writeOnnxExternal } from '../src/sharing/onnxFile.ts';
import { OnnxBuilder, type OnnxGraph } from '../src/tensor/onnxGraph.ts';
import { RandomStream } from '../src/tensor/random.ts';

export interface TeacherOptions {
  /** Of one sample: [1, 28, 28] or [784]. */
  readonly inputShape?: readonly number[];
  readonly classes?: number;
  readonly hidden?: number;
  /** A number fixes the batch dimension. */
  readonly batch?: number | string;
  readonly end?: 'logits' | 'softmax' | 'logSoftmax' | 'float16';
  readonly seed?: number;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** input → Flatten → Gemm → Relu (`hidden`) → Gemm → `logits`. */
export function teacherGraph(options: TeacherOptions = {}): OnnxGraph {
  const { inputShape = [1, 28, 28], classes = 10, batch = 'batch', end = 'logits', seed = 1 } = options;
  const hidden = Math.max(options.hidden ?? 32, classes);
  const size = sizeOf(inputShape);
  const random = new RandomStream(seed, 0, 7);
  // The patch of a class: every pixel whose index leaves it as the remainder. Hidden unit k < classes sees that of class k; the others see noise that the last layer hardly uses.
  const first = new Float32Array(size * hidden);
  const perPatch = size / classes;
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < hidden; k++) {
      first[i * hidden + k] =
        k < classes ? (i % classes === k ? 1 / perPatch : 0) : 0.02 * (random.unit() - 0.5);
    }
  }
  const last = Float32Array.from({ length: hidden * classes }, (_, at) => {
    const [k, label] = [Math.floor(at / classes), at % classes];
    return k === label ? 12 : 0.5 * (random.unit() - 0.5);
  });
  const builder = new OnnxBuilder('teacher');
  const input = builder.input('input', [batch, ...inputShape]);
  const flat = builder.node('Flatten', [input], { axis: 1 });
  const operands = [
    builder.initialiser('w1', [size, hidden], first),
    builder.initialiser('b1', [hidden], new Float32Array(hidden)),
  ];
  const state = builder.node('Relu', [builder.node('Gemm', [flat, ...operands])]);
  const w2 = builder.initialiser('w2', [hidden, classes], last);
  const b2 = builder.initialiser('b2', [classes], new Float32Array(classes));
  const scores = builder.node('Gemm', [state, w2, b2]);
  const shape = [batch, classes];
  if (end === 'logits') builder.output(scores, 'logits', shape);
  else if (end === 'softmax')
    builder.output(builder.node('Softmax', [scores], { axis: 1 }), 'probabilities', shape);
  else if (end === 'logSoftmax')
    builder.output(builder.node('LogSoftmax', [scores], { axis: 1 }), 'log', shape);
  else builder.output(builder.node('Cast', [scores], { to: 10 }), 'logits', shape, 'float16');
  return builder.build();
}

/** The tensor of `teacherGraph` that holds the hidden states, (batch, hidden). */
export const hiddenTensor = 'relu_2';

export const teacherModel = (options: TeacherOptions = {}) => writeOnnx(teacherGraph(options));

/** The same teacher in two files. */
export const externalTeacher = (location: string, options: TeacherOptions = {}) =>
  writeOnnxExternal(teacherGraph(options), location);

/** A convolution whose map [N, channels, 26, 26] (`conv_0`) can be tapped, then its spatial mean as logits. */
export function mapTeacher(channels = 10): Uint8Array<ArrayBuffer> {
  const random = new RandomStream(3, 0, 7);
  const builder = new OnnxBuilder('maps');
  const input = builder.input('input', ['batch', 1, 28, 28]);
  const weights = Float32Array.from({ length: channels * 9 }, () => random.unit() - 0.5);
  const map = builder.node('Conv', [input, builder.initialiser('w', [channels, 1, 3, 3], weights)], {
    kernel_shape: [3, 3],
  });
  const pooled = builder.node('GlobalAveragePool', [map]);
  builder.output(builder.node('Flatten', [pooled], { axis: 1 }), 'logits', ['batch', channels]);
  return writeOnnx(builder.build());
}

/** The first half of a good file. */
export function brokenModel(): Uint8Array<ArrayBuffer> {
  const whole = teacherModel();
  return whole.slice(0, whole.length >> 1);
}

/** A file of text that is called .onnx. */
export const textModel = () => new TextEncoder().encode('<!doctype html><title>404</title>'.repeat(20));

/** Wants samples of another size than the data have. */
export const wrongShapeModel = () => teacherModel({ inputShape: [3, 32, 32] });

/** Its logits are log(−1 − |x|): NaN for every sample, though no weight is. */
export function nanModel({
  inputShape = [1, 28, 28],
  classes = 10,
}: TeacherOptions = {}): Uint8Array<ArrayBuffer> {
  const builder = new OnnxBuilder('nan');
  const flat = builder.node('Flatten', [builder.input('input', ['batch', ...inputShape])], { axis: 1 });
  const zeros = builder.initialiser(
    'w',
    [sizeOf(inputShape), classes],
    new Float32Array(sizeOf(inputShape) * classes),
  );
  const offset = builder.initialiser('b', [classes], new Float32Array(classes).fill(-1));
  builder.output(builder.node('Log', [builder.node('Gemm', [flat, zeros, offset])]), 'logits', [
    'batch',
    classes,
  ]);
  return writeOnnx(builder.build());
}

/** A weight is NaN. */
export function nanWeightModel(): Uint8Array<ArrayBuffer> {
  const graph = teacherGraph();
  const weight = graph.initialisers.find(({ name }) => name === 'w2');
  if (weight?.data instanceof Float32Array) weight.data[5] = Number.NaN;
  return writeOnnx(graph);
}

/** Answers as `teacherGraph`, after this many trips of a loop that does nothing of use: 2⁴⁰ of them never end. */
export function slowModel(trips = 2 ** 40, options: TeacherOptions = {}): Uint8Array<ArrayBuffer> {
  const body = new OnnxBuilder('body');
  body.input('i', [], 'int64');
  const go = body.input('go', [], 'bool');
  const carried = body.input('carried', []);
  const half = body.initialiser('half_of', [], Float32Array.of(0.5));
  body.output(body.node('Identity', [go]), 'go_on', [], 'bool');
  body.output(body.node('Mul', [carried, half]), 'next', []);
  const graph = teacherGraph(options);
  const scalar = (
    name: string,
    data: Float32Array | BigInt64Array | Uint8Array,
    dtype: 'float32' | 'int64' | 'bool',
  ) => ({
    ...{ name, dtype, shape: [], data },
  });
  const [output] = graph.outputs;
  if (output === undefined) throw new Error('the teacher has no output');
  const loop = {
    ...{ op: 'Loop', inputs: ['trips', 'always', 'zero'], outputs: ['nothing'] },
    attributes: { body: { graph: body.build() } },
  };
  const sum = { op: 'Add', inputs: [output.name, 'nothing'], outputs: ['slow_logits'], attributes: {} };
  return writeOnnx({
    ...graph,
    nodes: [...graph.nodes, loop, sum],
    outputs: [{ ...output, name: 'slow_logits' }],
    initialisers: [
      ...graph.initialisers,
      scalar('trips', BigInt64Array.of(BigInt(trips)), 'int64'),
      scalar('always', Uint8Array.of(1), 'bool'),
      scalar('zero', Float32Array.of(0), 'float32'),
    ],
  });
}

/** Its batch dimension is called free, and a Reshape inside knows only one sample. */
export function hiddenBatchModel({
  inputShape = [1, 28, 28],
  classes = 10,
}: TeacherOptions = {}): Uint8Array<ArrayBuffer> {
  const graph = teacherGraph({ inputShape, classes });
  const [flatten, ...rest] = graph.nodes;
  if (flatten === undefined) throw new Error('the teacher has no nodes');
  const row = {
    name: 'row',
    dtype: 'int64' as const,
    shape: [2],
    data: BigInt64Array.of(1n, BigInt(sizeOf(inputShape))),
  };
  const reshape = { ...flatten, op: 'Reshape', inputs: [...flatten.inputs, 'row'], attributes: {} };
  return writeOnnx({ ...graph, nodes: [reshape, ...rest], initialisers: [...graph.initialisers, row] });
}

export interface ImageSet {
  /** IDX files of images and of labels, as MNIST has them. */
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
  readonly trueLabels: Uint8Array<ArrayBuffer>;
}

export interface ImageOptions {
  readonly n?: number;
  readonly side?: number;
  readonly classes?: number;
  /** 0 to 1; at .6 the teacher is right nearly always, and a student has something to learn. */
  readonly noise?: number;
  readonly seed?: number;
}

/** Images that `teacherModel` reads, with pixels scaled to 0…1. */
export function imageSet({
  n = 500,
  side = 28,
  classes = 10,
  noise = 0.6,
  seed = 1,
}: ImageOptions = {}): ImageSet {
  const size = side * side;
  const random = new RandomStream(seed, 0, 8);
  const trueLabels = new Uint8Array(n);
  const pixels = new Uint8Array(n * size);
  for (let row = 0; row < n; row++) {
    const label = row % classes;
    trueLabels[row] = label;
    for (let i = 0; i < size; i++) {
      const bright = i % classes === label ? 1 : 0;
      pixels[row * size + i] = Math.round(255 * ((1 - noise) * bright + noise * random.unit()));
    }
  }
  return { images: idx([n, side, side], pixels), labels: idx([n], trueLabels), trueLabels };
}

/** An IDX file of unsigned bytes: two zeros, the type 8, the number of axes, each axis big-endian, the bytes. */
export function idx(shape: readonly number[], bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const start = 4 + 4 * shape.length;
  const file = new Uint8Array(start + bytes.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x0800 | shape.length);
  shape.forEach((length, axis) => {
    view.setUint32(4 + 4 * axis, length);
  });
  file.set(bytes, start);
  return file;
}

export const gzip = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(bytes));

/** The header says more images than follow. */
export function shortIdx(): Uint8Array<ArrayBuffer> {
  return imageSet({ n: 20 }).images.slice(0, 5000);
}

/** No IDX file at all. */
export const wrongIdx = (): Uint8Array<ArrayBuffer> => new Uint8Array(2000).fill(7);
