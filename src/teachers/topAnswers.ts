/**
 * Answers cut to their largest k logits a row, in bytes: what makes packs of language small. The rest of a row is kept
 * as one number, spread evenly when it is read again, so that the mass of the tail stays what it was.
 */
import { fromHalves, toHalves } from '../tensor/float16.ts';

/** Of one row: k float16 logits and one for the rest, then k ids of one, two or four bytes, as the vocabulary needs. */
export function topRowBytes(classes: number, k: number): number {
  return 2 * (k + 1) + k * idsFor(classes).BYTES_PER_ELEMENT;
}

function idsFor(classes: number): Uint8ArrayConstructor | Uint16ArrayConstructor | Uint32ArrayConstructor {
  if (classes <= 2 ** 8) return Uint8Array;
  return classes <= 2 ** 16 ? Uint16Array : Uint32Array;
}

/** (rows × bytes of a row): all halves first, then all ids, since halves begin at even places. Errors: RangeError. */
export function encodeTop(logits: Float32Array, classes: number, k: number): Uint8Array<ArrayBuffer> {
  if (k < 1 || k >= classes) throw new RangeError(`the top ${k} of ${classes}`);
  const rows = logits.length / classes;
  const values = new Float32Array(rows * (k + 1));
  const ids = new (idsFor(classes))(rows * k);
  for (let row = 0; row < rows; row++) {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    const order = Array.from(own.keys()).sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0) || a - b);
    order.slice(0, k).forEach((id, i) => {
      values[row * (k + 1) + i] = own[id] ?? 0;
      ids[row * k + i] = id;
    });
    const largest = own[order[k] ?? 0] ?? 0;
    const rest = order.slice(k).reduce((sum, id) => sum + Math.exp((own[id] ?? 0) - largest), 0);
    values[row * (k + 1) + k] = largest + Math.log(rest / (classes - k));
  }
  const halves = toHalves(values);
  const bytes = new Uint8Array(rows * topRowBytes(classes, k));
  bytes.set(new Uint8Array(halves.buffer));
  bytes.set(new Uint8Array(ids.buffer), halves.byteLength);
  return bytes;
}

/** Logits (rows, classes) of such bytes. Errors: RangeError where they are not as many. */
export function decodeTop(
  bytes: Uint8Array,
  rows: number,
  classes: number,
  k: number,
): Float32Array<ArrayBuffer> {
  if (bytes.length !== rows * topRowBytes(classes, k))
    throw new RangeError(`${bytes.length} bytes of top answers`);
  const copy = bytes.slice().buffer;
  const border = 2 * rows * (k + 1);
  const values = fromHalves(new Uint16Array(copy, 0, rows * (k + 1)));
  const ids = new (idsFor(classes))(copy.slice(border));
  const logits = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    logits.fill(values[row * (k + 1) + k] ?? 0, row * classes, (row + 1) * classes);
    for (let i = 0; i < k; i++) {
      const id = Math.min(ids[row * k + i] ?? 0, classes - 1);
      logits[row * classes + id] = values[row * (k + 1) + i] ?? 0;
    }
  }
  return logits;
}
