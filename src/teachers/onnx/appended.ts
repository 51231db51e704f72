/**
 * Makes inner tensors of a model visible without re-exporting it: protobuf merges a repeated embedded message, so the
 * bytes of a ModelProto that holds only what is new are appended to the file. Nothing of the file is changed.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export interface AppendedNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly integers?: Readonly<Record<string, number | readonly number[]>>;
}

/** What is added: nodes, and names of tensors (of the file or of those nodes) that become outputs. */
export interface Addition {
  readonly nodes?: readonly AppendedNode[];
  readonly outputs: readonly string[];
}

/** The file with these tensors as outputs too; the runtime infers their types. Names that are outputs already stay out. */
export function withExtraOutputs(
  bytes: Uint8Array<ArrayBuffer>,
  names: readonly string[],
): Uint8Array<ArrayBuffer> {
  return names.length === 0 ? bytes : append(bytes, { outputs: names });
}

export function append(bytes: Uint8Array<ArrayBuffer>, addition: Addition): Uint8Array<ArrayBuffer> {
  const extra = encode(addition);
  const whole = new Uint8Array(bytes.length + extra.length);
  whole.set(bytes);
  whole.set(extra, bytes.length);
  return whole;
}

function encode({ nodes = [], outputs }: Addition): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(7, WireType.LengthDelimited).fork();
  for (const node of nodes) writeNode(writer, node);
  for (const name of outputs) {
    writer.tag(12, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.join();
  }
  return writer.join().finish();
}

function writeNode(writer: BinaryWriter, node: AppendedNode): void {
  writer.tag(1, WireType.LengthDelimited).fork();
  for (const input of node.inputs) writer.tag(1, WireType.LengthDelimited).string(input);
  writer.tag(2, WireType.LengthDelimited).string(node.output);
  writer.tag(4, WireType.LengthDelimited).string(node.op);
  for (const [name, value] of Object.entries(node.integers ?? {})) {
    writer.tag(5, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    // A single number is of type INT (2), a list INTS (7).
    if (typeof value === 'number') writer.tag(3, WireType.Varint).int64(value);
    else for (const one of value) writer.tag(8, WireType.Varint).int64(one);
    writer.tag(20, WireType.Varint).int32(typeof value === 'number' ? 2 : 7);
    writer.join();
  }
  writer.join();
}
