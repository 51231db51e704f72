/**
 * Reads IDX files, the format of MNIST: two zero bytes, a type, the number of dimensions, their lengths as big-endian
 * u32, then the numbers, big-endian. What they mean is `userFiles.ts`'s affair.
 *
 * Source of the format: "The IDX file format" on the page of the MNIST database, Y. LeCun, C. Cortes and C. Burges.
 */
import { type ErrorDetail, StillroomError } from '../spec/errors.ts';

export type IdxValues =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

export interface IdxArray {
  readonly dims: readonly number[];
  /** Row-major. The array's class is the file's type. */
  readonly values: IdxValues;
}

interface IdxType {
  readonly width: number;
  read(view: DataView, count: number): IdxValues;
}

const types: ReadonlyMap<number, IdxType> = new Map([
  [0x08, { width: 1, read: (view, n) => new Uint8Array(n).map((_, i) => view.getUint8(i)) }],
  [0x09, { width: 1, read: (view, n) => new Int8Array(n).map((_, i) => view.getInt8(i)) }],
  [0x0b, { width: 2, read: (view, n) => new Int16Array(n).map((_, i) => view.getInt16(2 * i)) }],
  [0x0c, { width: 4, read: (view, n) => new Int32Array(n).map((_, i) => view.getInt32(4 * i)) }],
  [0x0d, { width: 4, read: (view, n) => new Float32Array(n).map((_, i) => view.getFloat32(4 * i)) }],
  [0x0e, { width: 8, read: (view, n) => new Float64Array(n).map((_, i) => view.getFloat64(8 * i)) }],
] satisfies [number, IdxType][]);

/** Largest file of numbers that is read, in bytes. */
export const largestDataFile = 2 ** 29;

/** Whether the first four bytes are those of an IDX file. */
export function isIdx(bytes: Uint8Array): boolean {
  const [a, b, type = 0, rank = 0] = bytes;
  return a === 0 && b === 0 && types.has(type) && rank >= 1 && rank <= 8;
}

/** Errors: `idx-magic`, `idx-empty`, `idx-length`, `idx-too-large`. */
export function readIdx(name: string, bytes: Uint8Array): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = types.get(bytes[2] ?? 0);
  if (!isIdx(bytes) || type === undefined) throw wrongMagic(name, bytes);
  const rank = bytes[3] ?? 0;
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw wrongLength(name, `${bytes.length} bytes`, `a header of ${start} bytes`);
  const dims = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const count = dims.reduce((product, length) => product * length, 1);
  if (count === 0) throw empty(name, dims);
  if (count * type.width > largestDataFile) throw tooLarge(name, dims);
  const wanted = start + count * type.width;
  if (bytes.length !== wanted) {
    const shape = dims.join(' × ');
    throw wrongLength(name, `${bytes.length} bytes`, `${wanted} bytes for ${shape} numbers`);
  }
  const body = new DataView(bytes.buffer, bytes.byteOffset + start);
  return { dims, values: type.read(body, count) };
}

function idxError(detail: Omit<ErrorDetail, 'control'>): StillroomError {
  return new StillroomError({ ...detail, control: 'data.file' });
}

function wrongMagic(name: string, bytes: Uint8Array): StillroomError {
  const first = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0'));
  return idxError({
    code: 'idx-magic',
    problem: `${name} does not begin as an IDX file does`,
    got: first.length === 0 ? 'an empty file' : first.join(' '),
    wanted: '00 00, a type from 08 to 0e, and 1 to 8 dimensions',
    remedy: 'Give images and labels as IDX files or as one CSV table',
  });
}

function wrongLength(name: string, got: string, wanted: string): StillroomError {
  return idxError({
    code: 'idx-length',
    problem: `${name} is not as long as its header says`,
    got,
    wanted,
    remedy: 'Download the file again',
  });
}

function empty(name: string, dims: readonly number[]): StillroomError {
  return idxError({
    code: 'idx-empty',
    problem: `${name} holds no numbers`,
    got: dims.join(' × '),
    wanted: 'at least one row',
    remedy: 'Give another file',
  });
}

function tooLarge(name: string, dims: readonly number[]): StillroomError {
  return idxError({
    code: 'idx-too-large',
    problem: `${name} is too large`,
    got: `${dims.join(' × ')} numbers`,
    wanted: `at most ${largestDataFile / 2 ** 20} MiB`,
    remedy: 'Give fewer rows',
  });
}
