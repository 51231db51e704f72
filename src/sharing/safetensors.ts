/**
 * Reads and writes the safetensors format: eight bytes of length, a JSON header, then the tensors end to end. Only
 * float32, which is all that a student has; other types are kept by name and left out. It knows no model.
 *
 * Source: huggingface/safetensors, "Format".
 */
import { StillroomError } from '../spec/errors.ts';

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface SafetensorsFile {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of tensors that are not float32. */
  readonly leftOut: readonly string[];
}

/** The format's own cap on its header. */
const largestHeader = 100_000_000;
const metadataKey = '__metadata__';

/** Tensors in the given order, float32. Errors: RangeError where data do not fill a shape or a name comes twice. */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) entries.set(metadataKey, metadata);
  let end = 0;
  for (const { name, shape, data } of tensors) {
    const length = shape.reduce((product, n) => product * n, 1);
    if (data.length !== length)
      throw new RangeError(`${name} has ${data.length} numbers, and its shape [${shape}] holds ${length}`);
    if (entries.has(name) || name === metadataKey) throw new RangeError(`the name ${name} is taken`);
    entries.set(name, { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] });
    end += data.byteLength;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Spaces behind the header, so that the tensors begin at a multiple of eight.
  const start = Math.ceil((8 + header.length) / 8) * 8;
  const file = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(header, 8);
  let at = start;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** Errors: `safetensors-invalid` for anything that does not keep the format. */
export function readSafetensors(file: Uint8Array): SafetensorsFile {
  const { header, start } = readHeader(file);
  const tensors: NamedTensor[] = [];
  const leftOut: string[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === metadataKey) continue;
    const { dtype, shape, begin, end } = readEntry(name, entry, file.length - start);
    if (dtype !== 'F32') {
      leftOut.push(name);
      continue;
    }
    const length = shape.reduce((product, n) => product * n, 1);
    if (length * 4 !== end - begin) throw invalid(`${name} is [${shape}] and has ${end - begin} bytes`);
    // A copy, because a tensor may begin anywhere and a Float32Array may not.
    tensors.push({ name, shape, data: new Float32Array(file.slice(start + begin, start + end).buffer) });
  }
  return { tensors, metadata: readMetadata(header), leftOut };
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (file.length < 8) throw invalid(`${file.length} bytes`);
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > BigInt(Math.min(largestHeader, file.length - 8))) throw invalid(`a header of ${length} bytes`);
  const start = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, start)));
  } catch {
    throw invalid('a header that is not JSON');
  }
  if (!isRecord(header)) throw invalid('a header that is not a JSON object');
  return { header, start };
}

function readEntry(name: string, entry: unknown, room: number) {
  if (!isRecord(entry)) throw invalid(`no description of ${name}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(offsets))
    throw invalid(`an unclear description of ${name}`);
  const [begin, end] = offsets;
  if (offsets.length !== 2 || begin === undefined || end === undefined || begin > end || end > room) {
    throw invalid(`${name} outside the file`);
  }
  return { dtype, shape, begin, end };
}

function readMetadata(header: Record<string, unknown>): Record<string, string> {
  const metadata = header[metadataKey];
  if (metadata === undefined) return {};
  if (!isRecord(metadata)) throw invalid('metadata that are not text');
  const texts = Object.entries(metadata).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function invalid(got: string): StillroomError {
  return new StillroomError({
    code: 'safetensors-invalid',
    problem: 'This is not a safetensors file, or it is damaged',
    got,
    remedy: 'Export it again',
  });
}
