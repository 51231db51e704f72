/**
 * Numbers in a file that can tell whether it is whole: magic, CRC-32 of all that follows, length of the header (u32
 * each, little-endian), the header as JSON, then float32 arrays. What the header says is its owner's affair.
 */
import { crc32 } from '../../data/crc32.ts';

/** Bytes before the header. */
export const prefix = 12;

export function seal(
  magic: number,
  header: object,
  arrays: readonly Float32Array[],
): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 4) * 4;
  const total = arrays.reduce((sum, numbers) => sum + numbers.byteLength, prefix + padded);
  const bytes = new Uint8Array(total).fill(0x20, prefix, prefix + padded);
  bytes.set(json, prefix);
  let at = prefix + padded;
  for (const numbers of arrays) {
    bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
    at += numbers.byteLength;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(8, padded, true);
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/** How far the header reaches, from the first bytes of a file; null where they begin none of this kind. */
export function headerEnd(magic: number, start: Uint8Array): number | null {
  if (start.length < prefix) return null;
  const view = new DataView(start.buffer, start.byteOffset);
  return view.getUint32(0, true) === magic ? prefix + view.getUint32(8, true) : null;
}

/** What a header says, of bytes up to its end: the rest is not there, so nothing was checked. */
export function readHeader(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(prefix)));
  } catch {
    return null;
  }
}

export interface Unsealed {
  readonly header: unknown;
  /** The next so many numbers. Errors: `RangeError` where there are fewer. */
  take(length: number): Float32Array<ArrayBuffer>;
}

/** Null where the bytes are not a whole file of this kind. */
export function unseal(magic: number, bytes: Uint8Array): Unsealed | null {
  if (bytes.length < prefix) return null;
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (view.getUint32(0, true) !== magic || view.getUint32(4, true) !== crc32(copy.subarray(8))) return null;
  const padded = view.getUint32(8, true);
  let at = prefix + padded;
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(copy.subarray(prefix, at)));
    const take = (length: number) => {
      if (at + 4 * length > copy.length) throw new RangeError(`${length} numbers do not follow`);
      at += 4 * length;
      return new Float32Array(copy.slice(at - 4 * length, at).buffer);
    };
    return { header, take };
  } catch {
    return null;
  }
}
