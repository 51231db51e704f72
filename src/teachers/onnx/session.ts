/**
 * What a session on the CPU and one on the GPU have in common: the request, the outputs appended to the model, the
 * shape of its input, and the checks of what came out. It runs nothing.
 */
import type { GivenFile } from '../../protocol/commands.ts';
import { StillroomError } from '../../spec/errors.ts';
import type { Dtype } from '../../tensor/kernel.ts';
import { type AppendedNode, append } from './appended.ts';
import { type TokenInputs, tokenInputs } from './tokens.ts';

/** A model and what is wanted of it. Shapes leave the batch out. */
export interface TeacherRequest {
  readonly model: Uint8Array<ArrayBuffer>;
  /** Files beside the model. */
  readonly external: readonly GivenFile[];
  readonly input: string;
  /** An output, or any inner tensor. */
  readonly logits: string;
  /** Tensors wanted as hidden states. */
  readonly taps: readonly string[];
  /** What becomes of a map [C, H, W]: its spatial mean, or one long row. */
  readonly maps: 'pool' | 'flatten';
  /** Of a sample, as the data have it: [positions] for tokens. */
  readonly inputShape: readonly number[];
  /** `u32` are tokens. */
  readonly inputDtype: Dtype;
  /** Logits of a row, which is a sample or one of its tokens; null where any number will do. */
  readonly classes: number | null;
  /** Samples in one run, where the model leaves that open. */
  readonly batch: number;
  /** Milliseconds for one run. */
  readonly deadlineMs: number;
}

export interface TeacherInfo {
  readonly classes: number;
  /** Numbers of each hidden state asked for, in order. */
  readonly hiddenSizes: readonly number[];
  /** Samples that each run has; null where any number will do. */
  readonly fixedBatch: number | null;
  /** It reads a text on from what it computed of its beginning. */
  readonly readsOn: boolean;
  /** One run of `batch` samples after the first. */
  readonly milliseconds: number;
}

/** Shapes as a session reports them. */
export interface TensorFacts {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

export const logitsOutput = 'stillroom.logits';
export const hiddenOutput = (i: number): string => `stillroom.hidden.${i}`;
export const outputNames = (taps: number): readonly string[] => [
  logitsOutput,
  ...Array.from({ length: taps }, (_, i) => hiddenOutput(i)),
];

/**
 * The model with the wanted tensors as further float32 outputs. `shapes` of the taps are needed for their spatial mean,
 * [B, C, H, W] over H and W, [B, L, D] over L, and for those of texts, where every token has a row; unknown ones stay as
 * they are.
 */
export function instrumented(
  request: TeacherRequest,
  shapes: readonly TensorFacts['shape'][],
): Uint8Array<ArrayBuffer> {
  const nodes = [cast(request.logits, logitsOutput)];
  request.taps.forEach((tap, i) => {
    const own =
      request.inputDtype === 'u32'
        ? rowsOfTokens(tap, hiddenOutput(i), shapes[i], request.inputShape[0] ?? 1)
        : spatialMean(tap, hiddenOutput(i), request.maps === 'pool' ? shapes[i]?.length : undefined);
    nodes.push(...own, cast(own.at(-1)?.output ?? tap, hiddenOutput(i)));
  });
  return append(request.model, { nodes, outputs: outputNames(request.taps.length) });
}

function spatialMean(tap: string, name: string, rank: number | undefined): readonly AppendedNode[] {
  const pooled = `${name}.pooled`;
  if (rank === 4) return [{ op: 'GlobalAveragePool', inputs: [tap], output: pooled }];
  if (rank !== 3) return [];
  const turned = `${name}.turned`;
  return [
    { op: 'Transpose', inputs: [tap], output: turned, integers: { perm: [0, 2, 1] } },
    { op: 'GlobalAveragePool', inputs: [turned], output: pooled },
  ];
}

/**
 * A tensor with heads before its tokens, [B, heads…, L, D], as [B, L, heads… · D]: weights of attention, or queries, keys
 * and values as they meet. One whose tokens stand second is left alone.
 */
function rowsOfTokens(
  tap: string,
  name: string,
  shape: TensorFacts['shape'],
  positions: number,
): readonly AppendedNode[] {
  if (shape === undefined || shape.length < 4) return [];
  const [second, tokens, last] = [shape[1], shape[shape.length - 2], shape[shape.length - 1]];
  // A number beside a name is one of heads: tokens of any number have a name.
  const moved = typeof tokens === 'string' || second !== positions || last === tokens;
  if (typeof second === 'string' || !moved) return [];
  const [turned, sizes, flat] = [`${name}.turned`, `${name}.sizes`, `${name}.rows`];
  const heads = Array.from({ length: shape.length - 3 }, (_, axis) => axis + 1);
  const perm = [0, shape.length - 2, ...heads, shape.length - 1];
  return [
    { op: 'Transpose', inputs: [tap], output: turned, integers: { perm } },
    { op: 'Constant', inputs: [], output: sizes, integers: { value_ints: [0, 0, -1] } },
    { op: 'Reshape', inputs: [turned, sizes], output: flat },
  ];
}

/** To float32 (code 1), whatever it was. */
function cast(input: string, output: string): AppendedNode {
  return { op: 'Cast', inputs: [input], output, integers: { to: 1 } };
}

export interface InputDims {
  /** Of one sample, as the model wants it. */
  readonly sample: readonly number[];
  readonly fixedBatch: number | null;
  /** Rows of logits that a sample gets: one for each of its tokens. */
  readonly positions: number;
  /** Null where samples are numbers. */
  readonly tokens: TokenInputs | null;
}

/**
 * How samples are handed to this model. Errors: `onnx-inputs`, `onnx-input-missing`, `onnx-input-type`,
 * `onnx-input-shape`, and those of `tokenInputs`.
 */
export function inputDims(
  inputs: readonly TensorFacts[],
  { input: name, inputShape: shape, inputDtype }: TeacherRequest,
): InputDims {
  const tokens = tokenInputs(
    inputs.map((one) => ({ name: one.name, dtype: one.type ?? 'unknown', shape: one.shape ?? null })),
  );
  if ((tokens !== null) !== (inputDtype === 'u32')) {
    throw wrongInput(
      'onnx-input-type',
      tokens === null ? 'This teacher does not read text' : 'This teacher reads text',
      inputDtype === 'u32' ? 'data of tokens' : 'data of numbers',
      inputs.map((one) => `${one.name} (${one.type})`).join(', '),
    );
  }
  return tokens === null ? numberDims(inputs, name, shape) : tokenDims(tokens, shape);
}

function tokenDims(tokens: TokenInputs, shape: readonly number[]): InputDims {
  const [batch, length] = tokens.ids.shape ?? [];
  const [positions = 1] = shape;
  if (typeof length === 'number' && length !== positions) {
    throw wrongInput(
      'onnx-input-shape',
      'The teacher reads texts of one length alone',
      `${positions} tokens`,
      `${length} tokens`,
    );
  }
  return { sample: [positions], fixedBatch: fixed(batch), positions, tokens };
}

function fixed(batch: number | string | undefined): number | null {
  return typeof batch === 'number' && batch > 0 ? batch : null;
}

function numberDims(inputs: readonly TensorFacts[], name: string, shape: readonly number[]): InputDims {
  const input = inputs.find((one) => one.name === name);
  const names = inputs.map((one) => one.name).join(', ');
  if (input === undefined) throw wrongInput('onnx-input-missing', 'The model has no such input', name, names);
  if (inputs.length > 1)
    throw wrongInput('onnx-inputs', 'This model wants more than one batch of samples', names, name);
  if (!input.isTensor || input.type !== 'float32') {
    throw wrongInput(
      'onnx-input-type',
      'The input of this model does not take float32',
      input.type ?? 'no tensor',
      'float32',
    );
  }
  const dims = input.shape ?? [];
  return { sample: sampleOf(dims, shape), fixedBatch: fixed(dims[0]), positions: 1, tokens: null };
}

/** Samples of this shape as the model's input has them. `dims`: its axes, samples first. Errors: `onnx-input-shape`. */
export function sampleOf(dims: readonly (number | string)[], shape: readonly number[]): readonly number[] {
  const sample = sampleDims(dims.slice(1), shape);
  if (dims.length > 0 && sample !== null) return sample;
  throw wrongInput(
    'onnx-input-shape',
    'The teacher wants samples of another shape',
    `data of the shape [${shape.join(', ')}]`,
    `[samples, ${dims.slice(1).join(', ')}]`,
  );
}

/** The same axes but for axes of 1, or one long row; null where neither fits. */
function sampleDims(
  wanted: readonly (number | string)[],
  shape: readonly number[],
): readonly number[] | null {
  const size = sizeOf(shape);
  const [only] = wanted;
  if (wanted.length === 1 && (typeof only === 'string' || only === size)) return [size];
  if (wanted.length === shape.length && wanted.every((n, i) => typeof n === 'string' || n === shape[i]))
    return shape;
  const whole = wanted.filter((n): n is number => typeof n === 'number');
  if (whole.length !== wanted.length) return null;
  const [real, given] = [whole, shape].map((axes) => axes.filter((n) => n !== 1).join());
  return real === given ? whole : null;
}

function wrongInput(code: string, problem: string, got: string, wanted: string): StillroomError {
  return new StillroomError({
    ...{ code, problem, got, wanted },
    remedy: 'Choose other data, or export the model for these',
    control: 'teacher.file',
  });
}

/** Numbers of each row in an output of `n` samples: (n, …), or (n, positions, …) of tokens. Errors: `teacher-shape`. */
export function widthOf(
  name: string,
  { dims, type }: { readonly dims: readonly number[]; readonly type: string },
  n: number,
  { positions, tokens }: InputDims,
  wanted: number | null,
): number {
  const axes = tokens === null ? [n] : [n, positions];
  const width = sizeOf(dims.slice(axes.length));
  const aligned = axes.every((length, axis) => dims[axis] === length);
  const fits = aligned && type === 'float32' && width > 0 && (wanted === null || width === wanted);
  if (fits) return width;
  throw new StillroomError({
    code: 'teacher-shape',
    problem: `The teacher's ${name} came out in another shape`,
    got: `${type} [${dims.join(', ')}]`,
    wanted: `float32 [${[...axes, wanted ?? 'any'].join(', ')}]`,
    remedy: 'Choose another tensor of the teacher, or data with as many classes',
    control: 'teacher.logits',
  });
}

/** Errors: `teacher-nan` naming the first row. */
export function checkFinite(name: string, values: Float32Array, width: number): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new StillroomError({
    code: 'teacher-nan',
    problem: `The teacher's ${name} are not numbers`,
    got: `${values[bad]} for sample ${Math.floor(bad / width)} of a batch`,
    wanted: 'finite numbers',
    remedy: 'Check how the data are scaled, or choose another teacher or another precision of it',
    control: 'teacher.file',
  });
}

/** Samples for a trial run: in [0, 1) and not all equal, since some models divide by a sample's deviation. */
export function trialSamples(n: number, size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: n * size }, (_, i) => ((i * 37) % 101) / 101);
}

/** Tokens for a trial run, of a vocabulary that may be as small as 2. */
export function trialTokens(n: number, size: number, vocabulary: number | null): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: n * size }, (_, i) => ((i * 37) % 101) % (vocabulary ?? 2));
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function runFailed(problem: string, cause: unknown, got: string): StillroomError {
  return new StillroomError(
    {
      code: 'teacher-run',
      problem,
      got,
      remedy: 'Export the model again with a free batch dimension, or choose another teacher',
      control: 'teacher.file',
    },
    { cause },
  );
}

/** The model may do better with one sample: it failed, or gave as many answers as it liked. */
export function isOfTheRun(cause: unknown): boolean {
  return cause instanceof StillroomError && (cause.code === 'teacher-run' || cause.code === 'teacher-shape');
}
