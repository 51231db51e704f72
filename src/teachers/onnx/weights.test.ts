import { expect, test } from 'vitest';
import { StillroomError } from '../../spec/errors.ts';
import type { ModelGraph, ModelTensor } from './modelFile.ts';
import { checkTensors, countParameters } from './weights.ts';

const plain: ModelTensor = { name: 'w', dtype: 'float32', shape: [2], raw: null, packed: [], external: null };
const bytesOf = (data: ArrayBufferView<ArrayBuffer>) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function graphOf(...tensors: ModelTensor[]): ModelGraph {
  return { nodes: [], tensors, inputs: [], outputs: [], values: [] };
}

function codeOf(tensor: Partial<ModelTensor>, file: Uint8Array | null = null): string {
  try {
    checkTensors(graphOf({ ...plain, ...tensor }), () => file);
    return 'fine';
  } catch (error) {
    return error instanceof StillroomError ? error.code : String(error);
  }
}

test.each([
  ['float32', Float32Array.of(1, Number.NaN)],
  ['float64', Float64Array.of(Number.NaN, 1)],
  ['float16', Uint16Array.of(0x3c00, 0x7c01)],
  ['float16', Uint16Array.of(0xfe00, 0)],
  ['bfloat16', Uint16Array.of(0x3f80, 0x7fc0)],
])('a NaN among %s weights is found', (dtype, data) => {
  expect(codeOf({ dtype, raw: bytesOf(data) })).toBe('onnx-nan-weights');
});

test.each([
  ['float32', Float32Array.of(Number.POSITIVE_INFINITY, -1e38)],
  ['float16', Uint16Array.of(0x7c00, 0xfc00)],
  ['bfloat16', Uint16Array.of(0x7f80, 0xff80)],
  ['int64', BigInt64Array.of(-1n, 0n)],
])('infinite and ordinary %s numbers pass', (dtype, data) => {
  expect(codeOf({ dtype, raw: bytesOf(data) })).toBe('fine');
});

test('a NaN behind the first megabyte, at an odd address, is found', () => {
  const data = new Float32Array(600_000);
  data[599_999] = Number.NaN;
  const moved = new Uint8Array(data.byteLength + 3);
  moved.set(bytesOf(data), 3);
  expect(codeOf({ shape: [600_000], raw: moved.subarray(3) })).toBe('onnx-nan-weights');
});

test('a NaN in the typed fields is found, and its neighbours pass', () => {
  const varint = (...values: number[]) =>
    Uint8Array.from(values.flatMap((v) => [(v & 127) | 128, ((v >> 7) & 127) | 128, v >> 14]));
  const packed = (bytes: Uint8Array, kind: 'float' | 'double' | 'varint') => ({ packed: [{ bytes, kind }] });
  expect(codeOf(packed(bytesOf(Float32Array.of(0, Number.NaN)), 'float'))).toBe('onnx-nan-weights');
  expect(codeOf(packed(bytesOf(Float64Array.of(0, Number.NaN)), 'double'))).toBe('onnx-nan-weights');
  expect(codeOf({ dtype: 'float16', ...packed(varint(0x3c00, 0x7e00), 'varint') })).toBe('onnx-nan-weights');
  expect(codeOf({ dtype: 'float16', ...packed(varint(0x3c00, 0x7c00), 'varint') })).toBe('fine');
  expect(codeOf({ dtype: 'int32', ...packed(varint(0x3c00, 0x7e00), 'varint') })).toBe('fine');
});

test('too few bytes, and too many, are damage', () => {
  expect(codeOf({ raw: new Uint8Array(7) })).toBe('onnx-damaged');
  expect(codeOf({ raw: new Uint8Array(8) })).toBe('fine');
  expect(codeOf({ raw: new Uint8Array(9) })).toBe('onnx-damaged');
});

test('a tensor in another file is looked for there, and must lie within it', () => {
  const external = { location: 'w.data', offset: 4, length: 8 };
  const file = bytesOf(Float32Array.of(Number.NaN, 1, 2));
  expect(codeOf({ external }, file)).toBe('fine');
  expect(codeOf({ external: { ...external, offset: 0 } }, file)).toBe('onnx-nan-weights');
  expect(codeOf({ external: { ...external, offset: 8 } }, file)).toBe('onnx-damaged');
  expect(codeOf({ external: { ...external, length: null } }, file)).toBe('fine');
  expect(codeOf({ external }, null)).toBe('fine');
});

test('constants in nodes and in the bodies of loops are checked as well', () => {
  const bad = { ...plain, raw: bytesOf(Float32Array.of(0, Number.NaN)) };
  const node = { op: 'Constant', domain: '', inputs: [], outputs: ['c'], tensors: [bad], bodies: [] };
  const inner: ModelGraph = { ...graphOf(), nodes: [node] };
  const outer: ModelGraph = { ...graphOf(), nodes: [{ ...node, tensors: [], bodies: [inner] }] };
  expect(() => checkTensors(inner, () => null)).toThrow(/not a number/);
  expect(() => checkTensors(outer, () => null)).toThrow(/not a number/);
});

test('parameters are counted without shapes and indices', () => {
  const graph = graphOf(
    { ...plain, shape: [3, 4] },
    { ...plain, dtype: 'int8', shape: [5] },
    { ...plain, dtype: 'int64', shape: [9] },
  );
  expect(countParameters(graph)).toBe(17);
});
