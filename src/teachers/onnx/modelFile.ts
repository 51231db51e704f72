/**
 * Reads the structure of an .onnx file (a protobuf ModelProto): inputs, outputs, nodes, tensors. Nothing is run and no
 * tensor is copied. Whether the model may serve as a teacher is inspect.ts's affair.
 *
 * Source of the field numbers: onnx/onnx.proto of github.com/onnx/onnx.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { StillroomError } from '../../spec/errors.ts';

/** Codes of TensorProto.DataType by their names in the runtime. */
const dtypeNames: ReadonlyMap<number, string> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [8, 'string'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
  [12, 'uint32'],
  [13, 'uint64'],
  [16, 'bfloat16'],
]);

export interface ModelValue {
  readonly name: string;
  /** `unknown` where the file does not say. */
  readonly dtype: string;
  /** Numbers, or names of free dimensions; null where the file does not say. */
  readonly shape: readonly (number | string)[] | null;
}

/** A constant tensor: its numbers lie in one of the typed fields, raw, or in another file. */
export interface ModelTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly raw: Uint8Array | null;
  /** The typed fields, still encoded: float_data, double_data, and the integer fields, which half floats also use. */
  readonly packed: readonly PackedNumbers[];
  readonly external: ExternalPlace | null;
}

export interface PackedNumbers {
  readonly bytes: Uint8Array;
  readonly kind: 'float' | 'double' | 'varint';
}

export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
  /** Null: to the end of the file. */
  readonly length: number | null;
}

export interface ModelNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Tensors in attributes. */
  readonly tensors: readonly ModelTensor[];
  /** Bodies of loops and branches. */
  readonly bodies: readonly ModelGraph[];
}

export interface ModelGraph {
  readonly nodes: readonly ModelNode[];
  readonly tensors: readonly ModelTensor[];
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  /** Types of inner values, where the exporter wrote them down. */
  readonly values: readonly ModelValue[];
}

export interface ModelFile {
  readonly graph: ModelGraph;
  /** Version of each operator set by domain; '' is ONNX itself. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Functions that the file itself defines. */
  readonly functions: number;
}

const deepest = 32;
const mostAxes = 16;

/** Errors: `onnx-not-a-model` for bytes that are no ModelProto with a graph that has nodes and an output. */
export function readModel(bytes: Uint8Array): ModelFile {
  try {
    return model(bytes);
  } catch (cause) {
    if (cause instanceof StillroomError) throw cause;
    throw notAModel(`${bytes.length} bytes that cannot be read as one to their end`, cause);
  }
}

function notAModel(got: string, cause?: unknown): StillroomError {
  return new StillroomError(
    {
      code: 'onnx-not-a-model',
      problem: 'This file is not an ONNX model, or it is damaged',
      got,
      wanted: 'an .onnx file with a graph',
      remedy: 'Export the model again',
      control: 'teacher.file',
    },
    { cause },
  );
}

function model(bytes: Uint8Array): ModelFile {
  const opsets = new Map<string, number>();
  const graph = emptyGraph();
  let [seen, functions] = [false, 0];
  fields(bytes, (field, reader) => {
    switch (field) {
      case 7:
        // Repeated occurrences merge, as protobuf says.
        readGraph(reader.bytes(), graph, 0);
        seen = true;
        return true;
      case 8:
        readOpset(reader.bytes(), opsets);
        return true;
      case 25:
        functions += 1;
        return false;
      default:
        return false;
    }
  });
  if (!seen || graph.nodes.length === 0) throw notAModel('no graph');
  if (graph.outputs.length === 0) throw notAModel('a graph without an output');
  return { graph, opsets, functions };
}

interface OpenGraph extends ModelGraph {
  readonly nodes: ModelNode[];
  readonly tensors: ModelTensor[];
  readonly inputs: ModelValue[];
  readonly outputs: ModelValue[];
  readonly values: ModelValue[];
}

function emptyGraph(): OpenGraph {
  return { nodes: [], tensors: [], inputs: [], outputs: [], values: [] };
}

function readGraph(bytes: Uint8Array, graph: OpenGraph, depth: number): void {
  if (depth > deepest) throw new RangeError('graphs within graphs without end');
  fields(bytes, (field, reader) => {
    switch (field) {
      case 1:
        graph.nodes.push(readNode(reader.bytes(), depth));
        return true;
      case 5:
        graph.tensors.push(readTensor(reader.bytes()));
        return true;
      case 11:
        graph.inputs.push(readValue(reader.bytes()));
        return true;
      case 12:
        graph.outputs.push(readValue(reader.bytes()));
        return true;
      case 13:
        graph.values.push(readValue(reader.bytes()));
        return true;
      default:
        return false;
    }
  });
}

function readNode(bytes: Uint8Array, depth: number): ModelNode {
  const node = {
    op: '',
    domain: '',
    inputs: [] as string[],
    outputs: [] as string[],
    tensors: [] as ModelTensor[],
    bodies: [] as ModelGraph[],
  };
  fields(bytes, (field, reader) => {
    switch (field) {
      case 1:
        node.inputs.push(reader.string());
        return true;
      case 2:
        node.outputs.push(reader.string());
        return true;
      case 4:
        node.op = reader.string();
        return true;
      case 5:
        readAttribute(reader.bytes(), node, depth);
        return true;
      case 7:
        node.domain = reader.string();
        return true;
      default:
        return false;
    }
  });
  return node;
}

function readAttribute(
  bytes: Uint8Array,
  node: { readonly tensors: ModelTensor[]; readonly bodies: ModelGraph[] },
  depth: number,
): void {
  fields(bytes, (field, reader, wire) => {
    if (wire !== WireType.LengthDelimited) return false;
    switch (field) {
      case 5:
      case 10:
        node.tensors.push(readTensor(reader.bytes()));
        return true;
      case 6:
      case 11: {
        const body = emptyGraph();
        readGraph(reader.bytes(), body, depth + 1);
        node.bodies.push(body);
        return true;
      }
      default:
        return false;
    }
  });
}

function readTensor(bytes: Uint8Array): ModelTensor {
  const tensor = {
    name: '',
    dtype: 'unknown',
    shape: [] as number[],
    raw: null as Uint8Array | null,
    packed: [] as PackedNumbers[],
    external: null as ExternalPlace | null,
  };
  const external = new Map<string, string>();
  let isExternal = false;
  fields(bytes, (field, reader, wire) => {
    switch (field) {
      case 1:
        readAxes(reader, wire, tensor.shape);
        return true;
      case 2:
        tensor.dtype = dtypeName(reader.int32());
        return true;
      case 4:
        tensor.packed.push({ bytes: chunk(reader, wire), kind: 'float' });
        return true;
      case 10:
        tensor.packed.push({ bytes: chunk(reader, wire), kind: 'double' });
        return true;
      case 5:
      case 7:
      case 11:
        tensor.packed.push({ bytes: chunk(reader, wire), kind: 'varint' });
        return true;
      case 8:
        tensor.name = reader.string();
        return true;
      case 9:
        tensor.raw = reader.bytes();
        return true;
      case 13:
        readEntry(reader.bytes(), external);
        return true;
      case 14:
        isExternal = reader.int32() === 1;
        return true;
      default:
        return false;
    }
  });
  if (isExternal) tensor.external = placeOf(external);
  return tensor;
}

function placeOf(entries: ReadonlyMap<string, string>): ExternalPlace {
  const location = entries.get('location') ?? '';
  const length = entries.get('length');
  const place = {
    location,
    offset: Number(entries.get('offset') ?? 0),
    length: length === undefined ? null : Number(length),
  };
  const counts = [place.offset, place.length ?? 0];
  if (location === '' || !counts.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new RangeError('a tensor in another file, and no telling where');
  }
  return place;
}

function readValue(bytes: Uint8Array): ModelValue {
  const value = { name: '', dtype: 'unknown', shape: null as (number | string)[] | null };
  fields(bytes, (field, reader) => {
    if (field === 1) value.name = reader.string();
    else if (field === 2) readType(reader.bytes(), value);
    else return false;
    return true;
  });
  return value;
}

function readType(bytes: Uint8Array, value: { dtype: string; shape: (number | string)[] | null }): void {
  within(bytes, 1, (tensorType) =>
    fields(tensorType, (field, reader) => {
      if (field === 1) {
        value.dtype = dtypeName(reader.int32());
        return true;
      }
      if (field !== 2) return false;
      const shape: (number | string)[] = [];
      within(reader.bytes(), 1, (dimension) => {
        shape.push(readDimension(dimension, shape.length));
      });
      value.shape = shape;
      return true;
    }),
  );
}

function readDimension(bytes: Uint8Array, axis: number): number | string {
  let dimension: number | string = `axis ${axis}`;
  fields(bytes, (field, reader) => {
    if (field === 1) dimension = Number(reader.int64());
    else if (field === 2) dimension = reader.string();
    else return false;
    return true;
  });
  return dimension;
}

function readOpset(bytes: Uint8Array, opsets: Map<string, number>): void {
  let [domain, version] = ['', 0];
  fields(bytes, (field, reader) => {
    if (field === 1) domain = reader.string();
    else if (field === 2) version = Number(reader.int64());
    else return false;
    return true;
  });
  opsets.set(domain === 'ai.onnx' ? '' : domain, version);
}

function readEntry(bytes: Uint8Array, entries: Map<string, string>): void {
  let [key, value] = ['', ''];
  fields(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  entries.set(key, value);
}

/** Calls `read` for every field; one that returns false is passed over. */
function fields(
  bytes: Uint8Array,
  read: (field: number, reader: BinaryReader, wire: WireType) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (!read(field, reader, wire)) reader.skip(wire, field);
  }
}

/** Every embedded message in this field. */
function within(bytes: Uint8Array, wanted: number, read: (message: Uint8Array) => void): void {
  fields(bytes, (field, reader) => {
    if (field !== wanted) return false;
    read(reader.bytes());
    return true;
  });
}

/** Numbers of a repeated field as they are encoded: many at once, or this one. */
function chunk(reader: BinaryReader, wire: WireType): Uint8Array {
  return wire === WireType.LengthDelimited ? reader.bytes() : reader.skip(wire);
}

/** Sizes along the axes, one by one or packed. */
function readAxes(reader: BinaryReader, wire: WireType, shape: number[]): void {
  const axes = new BinaryReader(chunk(reader, wire));
  while (axes.pos < axes.len) shape.push(Number(axes.int64()));
  if (shape.length > mostAxes || shape.some((n) => n < 0))
    throw new RangeError(`a tensor with the shape [${shape}]`);
}

function dtypeName(code: number): string {
  return dtypeNames.get(code) ?? `type ${code}`;
}
