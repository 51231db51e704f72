/** What the tests of the readers share: IDX files of any type, damaged files, and the detail of a refusal. */
import fc from 'fast-check';
import { type ErrorDetail, StillroomError } from '../spec/errors.ts';

/** Of every fuzz test; fast-check prints it with the path of a failing case. */
export const fuzz = { seed: 20_261, numRuns: 3_000 } as const;

/** The detail of the StillroomError that `read` throws; anything else that it does is an error here. */
export function refusal(read: () => unknown): ErrorDetail {
  let result: unknown;
  try {
    result = read();
  } catch (error) {
    if (error instanceof StillroomError) return error.detail;
    throw new Error(`refused, but not by a StillroomError: ${String(error)}`, { cause: error });
  }
  throw new Error(`accepted: ${JSON.stringify(result)?.slice(0, 200)}`);
}

/** What `read` returns, or null where it refuses by a StillroomError. Whatever else it throws comes through. */
export function acceptedBy<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof StillroomError) return null;
    throw error;
  }
}

interface NumberType {
  readonly code: number;
  readonly width: number;
  write(view: DataView, at: number, value: number): void;
}

export const idxTypes = {
  u8: { code: 0x08, width: 1, write: (view, at, value) => view.setUint8(at, value) },
  i8: { code: 0x09, width: 1, write: (view, at, value) => view.setInt8(at, value) },
  i16: { code: 0x0b, width: 2, write: (view, at, value) => view.setInt16(at, value) },
  i32: { code: 0x0c, width: 4, write: (view, at, value) => view.setInt32(at, value) },
  f32: { code: 0x0d, width: 4, write: (view, at, value) => view.setFloat32(at, value) },
  f64: { code: 0x0e, width: 8, write: (view, at, value) => view.setFloat64(at, value) },
} as const satisfies Record<string, NumberType>;

/** An IDX file with this header and these numbers, be they as many as the header says or not. */
export function idxFile(
  type: NumberType,
  dims: readonly number[],
  values: ArrayLike<number>,
): Uint8Array<ArrayBuffer> {
  const start = 4 + 4 * dims.length;
  const file = new Uint8Array(start + values.length * type.width);
  const view = new DataView(file.buffer);
  view.setUint32(0, (type.code << 8) | dims.length);
  for (const [axis, length] of dims.entries()) view.setUint32(4 + 4 * axis, length);
  for (let i = 0; i < values.length; i++) type.write(view, start + i * type.width, values[i] ?? 0);
  return file;
}

export const textFile = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

interface Edit {
  readonly kind: 'change' | 'cut' | 'double' | 'replace' | 'end';
  readonly at: number;
  readonly length: number;
  readonly byte: number;
  readonly piece: Uint8Array;
}

/** One to four edits: a byte changed, a stretch cut out, doubled or replaced by one of `pieces`. */
export function damaged(
  file: Uint8Array,
  pieces: readonly Uint8Array[] = [Uint8Array.of(0), Uint8Array.of(255, 255, 255, 255)],
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const edit: fc.Arbitrary<Edit> = fc.record({
    kind: fc.constantFrom<Edit['kind']>('change', 'cut', 'double', 'replace', 'end'),
    // Half of all edits hit the header or the first line.
    at: fc.oneof(fc.nat(Math.min(32, file.length)), fc.nat(file.length)),
    length: fc.integer({ min: 1, max: 12 }),
    byte: fc.nat(255),
    piece: fc.constantFrom(...pieces),
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) => edits.reduce((bytes, one) => applyEdit(bytes, one), file.slice()));
}

function applyEdit(bytes: Uint8Array, { kind, at, length, byte, piece }: Edit): Uint8Array<ArrayBuffer> {
  const before = bytes.subarray(0, at);
  const stretch = bytes.subarray(at, at + length);
  const after = bytes.subarray(at + length);
  switch (kind) {
    case 'change':
      return Uint8Array.of(...before, byte, ...bytes.subarray(at + 1));
    case 'cut':
      return Uint8Array.of(...before, ...after);
    case 'double':
      return Uint8Array.of(...before, ...stretch, ...stretch, ...after);
    case 'replace':
      return Uint8Array.of(...before, ...piece, ...after);
    case 'end':
      return before.slice();
  }
}
