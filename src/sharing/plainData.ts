/**
 * Events as JSON and back: typed arrays become marked base64 texts, numbers keep six digits. For recordings, whose
 * content is the project's own; it validates no meaning.
 */
import { StillroomError } from '../spec/errors.ts';
import { fromHalves, toHalves } from '../tensor/float16.ts';

/**
 * How a typed array is kept. `byte` are float32 multiples of 1/255, as pixels are; `half` is float16; `upper` is the
 * upper half of a float32, for measures of very different sizes; `scaled` are multiples of a 127th of the largest, for
 * pictures of thousands of logits; `second` are the same of which every other number, from the first on, is 0; `bits` and `small` are numbers below 2 and below 256.
 */
type Kind = 'half' | 'upper' | 'float' | 'byte' | 'scaled' | 'second' | 'u8' | 'bits' | 'u32' | 'small';

interface Marked {
  readonly '@': Kind;
  readonly data: string;
  /** Of `scaled` and `second`: the value of one step. Of `bits`: how many there are. */
  readonly by?: number;
}

/** From so many numbers on three digits will do, and for the grid of a picture and its logits a byte each. */
const manyFloats = 4_096;
const pictureKeys = new Set(['logits', 'inputs', 'teacher']);

/** `key`: the name under which the value stands. */
export function toPlain(value: unknown, key = ''): unknown {
  if (value instanceof Float32Array) return markFloats(value, pictureKeys.has(key));
  if (value instanceof Uint8Array) return markBytes(value);
  if (value instanceof Uint32Array)
    return value.some((x) => x > 255) ? mark('u32', bytesOf(value)) : mark('small', Uint8Array.from(value));
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map((inner) => toPlain(inner, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toPlain(inner, name)]));
}

/** Errors: `recording-invalid`. */
export function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== 'object' || value === null) return value;
  if (isMarked(value)) return unmark(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromPlain(inner)]));
}

function markFloats(values: Float32Array, isPicture: boolean): Marked {
  const pixels = values.every((x) => x >= 0 && x <= 1 && Math.abs(Math.round(x * 255) - x * 255) < 1e-4);
  if (pixels && values.length > 0)
    return mark(
      'byte',
      Uint8Array.from(values, (x) => Math.round(x * 255)),
    );
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (values.length >= manyFloats && !isPicture) return mark('upper', bytesOf(upperHalves(values)));
  if (values.length >= manyFloats && Number.isFinite(largest) && largest > 0) {
    const by = Number((largest / 127).toPrecision(6));
    const gaps = values.length % 2 === 0 && values.every((x, i) => i % 2 === 1 || x === 0);
    const kept = gaps ? values.filter((_, i) => i % 2 === 1) : values;
    const steps = Uint8Array.from(kept, (x) => Math.round(x / by) + 128);
    return { ...mark(gaps ? 'second' : 'scaled', steps), by };
  }
  if (largest < 65_504) return mark('half', bytesOf(toHalves(values)));
  return mark('float', bytesOf(values));
}

/** To the nearest: NaN stays NaN, ±∞ stay themselves. */
function upperHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Uint16Array.from(bits, (x) => ((x & 0x7fffffff) < 0x7f7f8000 ? x + 0x8000 : x) >>> 16);
}

function fromUpperHalves(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

function markBytes(values: Uint8Array): Marked {
  if (values.length < 8 || values.some((x) => x > 1)) return mark('u8', values);
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((bit, i) => {
    bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (bit << (i & 7));
  });
  return { ...mark('bits', bytes), by: values.length };
}

function mark(kind: Kind, bytes: Uint8Array): Marked {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { '@': kind, data: btoa(text) };
}

function isMarked(value: object): value is Marked {
  return '@' in value && 'data' in value && typeof value.data === 'string';
}

function unmark({ '@': kind, data, by = 0 }: Marked): unknown {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  switch (kind) {
    case 'u8':
      return bytes;
    case 'bits':
      return Uint8Array.from(
        { length: Math.min(by, 8 * bytes.length) },
        (_, i) => ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1,
      );
    case 'small':
      return Uint32Array.from(bytes);
    case 'scaled':
      return Float32Array.from(bytes, (byte) => (byte - 128) * by);
    case 'second':
      return Float32Array.from({ length: 2 * bytes.length }, (_, i) =>
        i % 2 === 0 ? 0 : ((bytes[i >> 1] ?? 0) - 128) * by,
      );
    case 'byte':
      return Float32Array.from(bytes, (byte) => byte / 255);
    case 'u32':
      return new Uint32Array(bytes.buffer);
    case 'half':
      return fromHalves(new Uint16Array(bytes.buffer));
    case 'upper':
      return fromUpperHalves(new Uint16Array(bytes.buffer));
    case 'float':
      return new Float32Array(bytes.buffer);
    default:
      throw new StillroomError({
        code: 'recording-invalid',
        problem: 'A recording holds data of an unknown kind',
        got: String(kind),
      });
  }
}

function bytesOf(array: Uint16Array | Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
