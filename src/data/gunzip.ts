/**
 * Inflates a gzip file under a cap, so that a small file cannot ask for all of memory. Sizes and sums of all its
 * members are verified.
 */
import { Gunzip } from 'fflate';
import { StillroomError } from '../spec/errors.ts';
import { crc32 } from './crc32.ts';

/** Inflated at once before the cap is looked at: to at most 1,032 times as much, 16 MiB. */
const piece = 1 << 14;
/** Each costs some 50 µs however small it is; block-wise gzip of the largest file has 8,192. */
const mostMembers = 1 << 16;
const trailerBytes = 8;
const smallestMember = 18;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The content of a gzip file, at most `cap` bytes. Errors: `gzip-broken`, `gzip-too-large`. */
export function gunzip(name: string, bytes: Uint8Array, cap: number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  let members = 0;
  let member = { size: 0, sum: 0 };
  const endMember = (end: number) => {
    if (!trailerFits(bytes, end, member.size, member.sum)) throw broken(name);
    member = { size: 0, sum: 0 };
    members += 1;
    if (members > mostMembers) throw tooLarge(name, `more than ${mostMembers} parts`, cap);
  };
  const stream = new Gunzip((part) => {
    size += part.length;
    if (size > cap) throw tooLarge(name, `more than ${cap} bytes`, cap);
    member = { size: member.size + part.length, sum: crc32(part, member.sum) };
    parts.push(part);
  });
  // Called for each member but the first, with the place of its header: where the one before has ended.
  stream.onmember = endMember;
  try {
    for (let at = 0; at < bytes.length; at += piece)
      stream.push(bytes.subarray(at, at + piece), at + piece >= bytes.length);
    endMember(bytes.length);
  } catch (error) {
    throw error instanceof StillroomError ? error : broken(name, error);
  }
  const content = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    content.set(part, at);
    at += part.length;
  }
  return content;
}

/** The last eight bytes of a member: the sum of its content and its size modulo 2³². */
function trailerFits(bytes: Uint8Array, end: number, size: number, sum: number): boolean {
  if (end < smallestMember) return false;
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + end - trailerBytes, trailerBytes);
  return trailer.getUint32(0, true) === sum && trailer.getUint32(4, true) === size % 2 ** 32;
}

function broken(name: string, cause?: unknown): StillroomError {
  return new StillroomError(
    {
      code: 'gzip-broken',
      problem: `${name} is not a whole and sound gzip file`,
      remedy: 'Download it again, or give it unpacked',
      control: 'data.file',
    },
    { cause },
  );
}

function tooLarge(name: string, got: string, cap: number): StillroomError {
  return new StillroomError({
    code: 'gzip-too-large',
    problem: `${name} is too large when unpacked`,
    got,
    wanted: `at most ${cap / 2 ** 20} MiB`,
    remedy: 'Give fewer rows',
    control: 'data.file',
  });
}
