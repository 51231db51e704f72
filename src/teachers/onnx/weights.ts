/**
 * Checks the constant tensors of a model before it is run: that each has the bytes that its shape needs, and that no
 * weight is NaN. The runtime accepts both without a word. Infinite weights pass: attention masks hold them.
 */
import { StillroomError } from '../../spec/errors.ts';
import type { ModelGraph, ModelTensor } from './modelFile.ts';

/** Bytes of an element; types that are packed closer (int4) are absent and not checked. */
const elementBytes: ReadonlyMap<string, number> = new Map([
  ['float32', 4],
  ['uint8', 1],
  ['int8', 1],
  ['uint16', 2],
  ['int16', 2],
  ['int32', 4],
  ['int64', 8],
  ['bool', 1],
  ['float16', 2],
  ['float64', 8],
  ['uint32', 4],
  ['uint64', 8],
  ['bfloat16', 2],
]);

const weightTypes: ReadonlySet<string> = new Set([
  'float32',
  'float16',
  'float64',
  'bfloat16',
  'int8',
  'uint8',
]);

/** The bytes of a file beside the model, by the name under which the model asks for it; null where it is not here. */
export type FindExternal = (location: string) => Uint8Array | null;

export function elementsOf(tensor: ModelTensor): number {
  return tensor.shape.reduce((product, n) => product * n, 1);
}

/** Numbers that may have been learned, in all tensors of the graph. */
export function countParameters(graph: ModelGraph): number {
  const learned = graph.tensors.filter(({ dtype }) => weightTypes.has(dtype));
  return learned.reduce((sum, tensor) => sum + elementsOf(tensor), 0);
}

/** Every constant tensor, those in attributes and inner graphs too. */
export function* allTensors(graph: ModelGraph): Generator<ModelTensor> {
  yield* graph.tensors;
  for (const node of graph.nodes) {
    yield* node.tensors;
    for (const body of node.bodies) yield* allTensors(body);
  }
}

/** Errors: `onnx-damaged` (bytes and shape disagree), `onnx-nan-weights`. */
export function checkTensors(graph: ModelGraph, find: FindExternal): void {
  for (const tensor of allTensors(graph)) {
    const bytes = rawBytes(tensor, find);
    const size = elementBytes.get(tensor.dtype);
    if (bytes !== null && size !== undefined && bytes.length !== size * elementsOf(tensor)) {
      throw damaged(tensor, `${bytes.length} bytes`, `${size * elementsOf(tensor)} bytes`);
    }
    if (bytes !== null && hasNan(bytes, tensor.dtype)) throw nanWeights(tensor);
    for (const { bytes: packed, kind } of tensor.packed) {
      if (kind === 'varint') checkHalves(tensor, packed);
      else if (hasNan(packed, kind === 'float' ? 'float32' : 'float64')) throw nanWeights(tensor);
    }
  }
}

/** Null where the numbers are in the typed fields, or the file is not here yet. */
function rawBytes(tensor: ModelTensor, find: FindExternal): Uint8Array | null {
  if (tensor.external === null) return tensor.raw;
  const file = find(tensor.external.location);
  if (file === null) return null;
  const { offset, length } = tensor.external;
  const end =
    length === null ? offset + elementsOf(tensor) * (elementBytes.get(tensor.dtype) ?? 0) : offset + length;
  if (end > file.length)
    throw damaged(tensor, `${file.length} bytes in ${tensor.external.location}`, `at least ${end}`);
  return file.subarray(offset, end);
}

/** Exponent all ones and a fraction: read as integers, because engines need not keep a NaN through a float. */
function hasNan(bytes: Uint8Array, dtype: string): boolean {
  switch (dtype) {
    case 'float32':
      return someWord32(bytes, (word) => (word & 0x7fff_ffff) > 0x7f80_0000);
    case 'float64':
      return someHighWord(bytes);
    case 'float16':
      return someWord16(bytes, 0x7c00);
    case 'bfloat16':
      return someWord16(bytes, 0x7f80);
    default:
      return false;
  }
}

/** Copied in parts, since a tensor may begin at any byte and the views want multiples of their size. */
const part = 1 << 20;

function someWord32(bytes: Uint8Array, test: (word: number) => boolean): boolean {
  for (let at = 0; at < bytes.length; at += part) {
    const words = new Uint32Array(wholeCopy(bytes, at, 4));
    for (let i = 0; i < words.length; i++) if (test(words[i] ?? 0)) return true;
  }
  return false;
}

function someHighWord(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += part) {
    const numbers = new Float64Array(wholeCopy(bytes, at, 8));
    if (numbers.some(Number.isNaN)) return true;
  }
  return false;
}

function someWord16(bytes: Uint8Array, infinity: number): boolean {
  for (let at = 0; at < bytes.length; at += part) {
    const words = new Uint16Array(wholeCopy(bytes, at, 2));
    for (let i = 0; i < words.length; i++) if (((words[i] ?? 0) & 0x7fff) > infinity) return true;
  }
  return false;
}

function wholeCopy(bytes: Uint8Array, at: number, size: number): ArrayBuffer {
  const copy = bytes.slice(at, at + part);
  return copy.buffer.slice(0, copy.length - (copy.length % size)) as ArrayBuffer;
}

/** Half floats in the integer field are varints of at most three bytes. */
function checkHalves(tensor: ModelTensor, bytes: Uint8Array): void {
  const infinity = tensor.dtype === 'float16' ? 0x7c00 : tensor.dtype === 'bfloat16' ? 0x7f80 : null;
  if (infinity === null) return;
  let [value, shift] = [0, 0];
  for (const byte of bytes) {
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte >= 0x80) continue;
    if ((value & 0x7fff) > infinity) throw nanWeights(tensor);
    [value, shift] = [0, 0];
  }
}

function nanWeights(tensor: ModelTensor): StillroomError {
  return new StillroomError({
    code: 'onnx-nan-weights',
    problem: 'A weight of this model is not a number',
    got: `NaN in ${tensor.name === '' ? 'a constant' : tensor.name}`,
    remedy: 'Export the model from a checkpoint from before its training diverged',
    control: 'teacher.file',
  });
}

function damaged(tensor: ModelTensor, got: string, wanted: string): StillroomError {
  return new StillroomError({
    code: 'onnx-damaged',
    problem: `The tensor ${tensor.name === '' ? 'of a constant' : tensor.name}, ${tensor.dtype} [${tensor.shape.join(', ')}], does not fit its bytes`,
    got,
    wanted,
    remedy: 'Export the model again, or download both files again',
    control: 'teacher.file',
  });
}
