/**
 * Writes an ONNX graph as the bytes of an .onnx file (a protobuf ModelProto), by hand on protobuf's wire format.
 * It reads nothing (teachers/onnx/inspect does) and does not know what the operators compute.
 *
 * Source of the field numbers: onnx/onnx.proto of github.com/onnx/onnx.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type {
  OnnxAttribute,
  OnnxData,
  OnnxGraph,
  OnnxInitialiser,
  OnnxNode,
  OnnxTensorType,
  OnnxValue,
} from '../tensor/onnxGraph.ts';

/** IR 8 and operator set 17 (LayerNormalization's first): read by every runtime since 2022. */
export const irVersion = 8;
export const opsetVersion = 17;

const dtypeCodes: Readonly<Record<OnnxTensorType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** Where a tensor's bytes lie outside the model file. */
interface External {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** The whole model in one file. Errors: RangeError where an attribute given as a plain number is not whole. */
export function writeOnnx(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  return writeModel(graph, () => null);
}

/** The model without its tensors of `atLeast` bytes, and beside it the file `location` that holds them. */
export function writeOnnxExternal(
  graph: OnnxGraph,
  location: string,
  atLeast = 0,
): { readonly model: Uint8Array<ArrayBuffer>; readonly data: Uint8Array<ArrayBuffer> } {
  const places = new Map<string, External>();
  let offset = 0;
  for (const { name, data } of graph.initialisers.filter((one) => one.data.byteLength >= atLeast)) {
    places.set(name, { location, offset, length: data.byteLength });
    offset += data.byteLength;
  }
  const data = new Uint8Array(offset);
  for (const tensor of graph.initialisers) {
    const place = places.get(tensor.name);
    if (place !== undefined) data.set(bytesOf(tensor.data), place.offset);
  }
  return { model: writeModel(graph, (tensor) => places.get(tensor.name) ?? null), data };
}

function writeModel(
  graph: OnnxGraph,
  place: (tensor: OnnxInitialiser) => External | null,
): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(irVersion);
  writer.tag(2, WireType.LengthDelimited).string('Stillroom');
  message(writer, 7, () => writeGraph(writer, graph, place));
  writeOpset(writer, '', opsetVersion);
  for (const domain of foreignDomains(graph)) writeOpset(writer, domain, 1);
  for (const [key, value] of Object.entries(graph.metadata)) writeEntry(writer, 14, key, value);
  return writer.finish();
}

function writeOpset(writer: BinaryWriter, domain: string, version: number): void {
  message(writer, 8, () => {
    writer.tag(1, WireType.LengthDelimited).string(domain);
    writer.tag(2, WireType.Varint).int64(version);
  });
}

function foreignDomains(graph: OnnxGraph): ReadonlySet<string> {
  return new Set(graph.nodes.flatMap(({ domain }) => (domain === undefined ? [] : [domain])));
}

function writeGraph(
  writer: BinaryWriter,
  graph: OnnxGraph,
  place: (tensor: OnnxInitialiser) => External | null,
): void {
  for (const node of graph.nodes) message(writer, 1, () => writeNode(writer, node));
  writer.tag(2, WireType.LengthDelimited).string(graph.name);
  for (const tensor of graph.initialisers)
    message(writer, 5, () => writeTensor(writer, tensor, place(tensor)));
  for (const value of graph.inputs) message(writer, 11, () => writeValue(writer, value));
  for (const value of graph.outputs) message(writer, 12, () => writeValue(writer, value));
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) writer.tag(1, WireType.LengthDelimited).string(input);
  for (const output of node.outputs) writer.tag(2, WireType.LengthDelimited).string(output);
  writer.tag(4, WireType.LengthDelimited).string(node.op);
  if (node.domain !== undefined) writer.tag(7, WireType.LengthDelimited).string(node.domain);
  for (const [name, value] of Object.entries(node.attributes)) {
    message(writer, 5, () => writeAttribute(writer, name, value));
  }
}

function writeAttribute(writer: BinaryWriter, name: string, value: OnnxAttribute): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  const type = writeAttributeValue(writer, name, value);
  writer.tag(20, WireType.Varint).int32(type);
}

/** Returns the code of the attribute's type. */
function writeAttributeValue(writer: BinaryWriter, name: string, value: OnnxAttribute): number {
  if (typeof value === 'number') {
    writer.tag(3, WireType.Varint).int64(whole(name, value));
    return 2;
  }
  if (typeof value === 'string') {
    writer.tag(4, WireType.LengthDelimited).string(value);
    return 3;
  }
  if ('float' in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    return 1;
  }
  if ('floats' in value) {
    for (const number of value.floats) writer.tag(7, WireType.Bit32).float(number);
    return 6;
  }
  if ('graph' in value) {
    message(writer, 6, () => writeGraph(writer, value.graph, () => null));
    return 5;
  }
  for (const number of value) writer.tag(8, WireType.Varint).int64(whole(name, number));
  return 7;
}

function writeTensor(writer: BinaryWriter, tensor: OnnxInitialiser, external: External | null): void {
  for (const n of tensor.shape) writer.tag(1, WireType.Varint).int64(n);
  writer.tag(2, WireType.Varint).int32(dtypeCodes[tensor.dtype]);
  writer.tag(8, WireType.LengthDelimited).string(tensor.name);
  if (external === null) {
    writer.tag(9, WireType.LengthDelimited).bytes(bytesOf(tensor.data));
    return;
  }
  writeEntry(writer, 13, 'location', external.location);
  writeEntry(writer, 13, 'offset', String(external.offset));
  writeEntry(writer, 13, 'length', String(external.length));
  writer.tag(14, WireType.Varint).int32(1);
}

function writeValue(writer: BinaryWriter, value: OnnxValue): void {
  writer.tag(1, WireType.LengthDelimited).string(value.name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      writer.tag(1, WireType.Varint).int32(dtypeCodes[value.dtype]);
      message(writer, 2, () => {
        for (const dimension of value.shape) message(writer, 1, () => writeDimension(writer, dimension));
      });
    }),
  );
}

function writeDimension(writer: BinaryWriter, dimension: number | string): void {
  if (typeof dimension === 'number') writer.tag(1, WireType.Varint).int64(dimension);
  else writer.tag(2, WireType.LengthDelimited).string(dimension);
}

function writeEntry(writer: BinaryWriter, field: number, key: string, value: string): void {
  message(writer, field, () => {
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(value);
  });
}

function message(writer: BinaryWriter, field: number, body: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  body();
  writer.join();
}

function bytesOf(data: OnnxData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function whole(name: string, value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(`the attribute ${name} is ${value}: give a real number as { float } or { floats }`);
}
