/** Inflates a gzip file under a cap, so that a small file cannot ask for all of memory. Checksums are not verified. */
import { Gunzip } from 'fflate';
import { StillroomError } from '../spec/errors.ts';

const piece = 1 << 16;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The content of a gzip file, at most `cap` bytes. Errors: `gzip-broken`, `gzip-too-large`. */
export function gunzip(name: string, bytes: Uint8Array, cap: number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  let members = 0;
  const stream = new Gunzip((part) => {
    size += part.length;
    if (size > cap) throw tooLarge(name, cap);
    parts.push(part);
  });
  stream.onmember = () => {
    members += 1;
  };
  try {
    for (let at = 0; at < bytes.length; at += piece)
      stream.push(bytes.subarray(at, at + piece), at + piece >= bytes.length);
  } catch (error) {
    throw error instanceof StillroomError ? error : broken(name, error);
  }
  if (members === 1 && size % 2 ** 32 !== statedSize(bytes)) throw broken(name);
  const content = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    content.set(part, at);
    at += part.length;
  }
  return content;
}

/** The last four bytes: the size of the content modulo 2³². */
function statedSize(bytes: Uint8Array): number {
  if (bytes.length < 18) return -1;
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
}

function broken(name: string, cause?: unknown): StillroomError {
  return new StillroomError(
    {
      code: 'gzip-broken',
      problem: `${name} is not a whole gzip file`,
      remedy: 'Download it again, or give it unpacked',
      control: 'data.file',
    },
    { cause },
  );
}

function tooLarge(name: string, cap: number): StillroomError {
  return new StillroomError({
    code: 'gzip-too-large',
    problem: `${name} is too large when unpacked`,
    wanted: `at most ${cap / 2 ** 20} MiB`,
    remedy: 'Give fewer rows',
    control: 'data.file',
  });
}
