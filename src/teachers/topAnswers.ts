/**
 * Answers cut to their largest k logits a row: what makes packs of language small, in files, in memory and on the GPU. The
 * rest of a row is kept as one number, spread evenly when it is read again, so that the mass of the tail stays what it was.
 */
import { fromHalves, toHalves } from '../tensor/float16.ts';

/** Of each row the k largest logits with their classes, and one number that each of the other classes has. */
export interface TopRows {
  readonly classes: number;
  readonly k: number;
  /** (rows, k + 1): the k largest, falling, then that of the others; float16 as it is kept. */
  readonly values: Float32Array<ArrayBuffer>;
  /** (rows, k): each once in a row, below `classes`. */
  readonly ids: Uint32Array<ArrayBuffer>;
}

/** Logits (rows, classes) as they are, or what is kept of them. */
export type AnswerRows = Float32Array<ArrayBuffer> | TopRows;

export function isTop(answers: AnswerRows): answers is TopRows {
  return !(answers instanceof Float32Array);
}

/** Logits that these answers stand for. */
export function logitCount(answers: AnswerRows): number {
  return isTop(answers) ? (answers.ids.length / answers.k) * answers.classes : answers.length;
}

/** Of one row: k float16 logits and one for the rest, then k ids of one, two or four bytes, as the vocabulary needs. */
export function topRowBytes(classes: number, k: number): number {
  return 2 * (k + 1) + k * idsFor(classes).BYTES_PER_ELEMENT;
}

function idsFor(classes: number): Uint8ArrayConstructor | Uint16ArrayConstructor | Uint32ArrayConstructor {
  if (classes <= 2 ** 8) return Uint8Array;
  return classes <= 2 ** 16 ? Uint16Array : Uint32Array;
}

/** Nothing yet, for `rows` rows. Errors: RangeError. */
export function emptyTop(rows: number, classes: number, k: number): TopRows {
  if (k < 1 || k >= classes) throw new RangeError(`the top ${k} of ${classes}`);
  return { classes, k, values: new Float32Array(rows * (k + 1)), ids: new Uint32Array(rows * k) };
}

/** Cuts logits (rows, classes) into the rows of `into` from `first` on. */
export function cutInto(into: TopRows, first: number, logits: Float32Array): void {
  const { classes, k, values, ids } = into;
  const rows = logits.length / classes;
  for (let row = 0; row < rows; row++) {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    const rising = own.slice().sort();
    const border = rising[classes - k] ?? 0;
    const falling = idsFrom(own, border).sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0) || a - b);
    const at = first + row;
    falling.slice(0, k).forEach((id, i) => {
      values[at * (k + 1) + i] = own[id] ?? 0;
      ids[at * k + i] = id;
    });
    const largest = rising[classes - k - 1] ?? 0;
    let rest = 0;
    for (let i = classes - k - 1; i >= 0; i--) rest += Math.exp((rising[i] ?? 0) - largest);
    values[at * (k + 1) + k] = largest + Math.log(rest / (classes - k));
  }
  const kept = values.subarray(first * (k + 1), (first + rows) * (k + 1));
  kept.set(fromHalves(toHalves(kept)));
}

function idsFrom(own: Float32Array, border: number): number[] {
  const found: number[] = [];
  for (let id = 0; id < own.length; id++) if ((own[id] ?? 0) >= border) found.push(id);
  return found;
}

/** Rows that are expanded at once, to be cut again. */
const rowsAtOnce = 256;

/** The k largest of each row; the same answers where that is what they are. Errors: RangeError. */
export function largestOf(answers: AnswerRows, classes: number, k: number): TopRows {
  if (isTop(answers) && answers.k === k) return answers;
  const rows = logitCount(answers) / classes;
  const cut = emptyTop(rows, classes, k);
  for (let first = 0; first < rows; first += rowsAtOnce)
    cutInto(cut, first, rowsOf(answers, classes, first, Math.min(rowsAtOnce, rows - first)));
  return cut;
}

/** Logits (n, classes) from row `first` on; a view where they are dense. */
export function rowsOf(
  answers: AnswerRows,
  classes: number,
  first: number,
  n: number,
): Float32Array<ArrayBuffer> {
  if (!isTop(answers)) return answers.subarray(first * classes, (first + n) * classes);
  return denseOf(answers, first, n);
}

/** Logits (n, classes) from row `first` on, all unless told; the rest spread evenly. */
export function denseOf(answers: AnswerRows, first = 0, n?: number): Float32Array<ArrayBuffer> {
  if (!isTop(answers)) return answers;
  const { classes, k, values, ids } = answers;
  const rows = n ?? ids.length / k - first;
  const logits = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const at = first + row;
    logits.fill(values[at * (k + 1) + k] ?? 0, row * classes, (row + 1) * classes);
    for (let i = 0; i < k; i++)
      logits[row * classes + (ids[at * k + i] ?? 0)] = values[at * (k + 1) + i] ?? 0;
  }
  return logits;
}

/** The rows of some samples of `perSample` rows each. Null where one does not exist. */
export function samplesOf(
  answers: AnswerRows,
  classes: number,
  perSample: number,
  samples: Uint32Array,
): AnswerRows | null {
  const rows = logitCount(answers) / classes;
  if (samples.some((sample) => (sample + 1) * perSample > rows)) return null;
  if (!isTop(answers)) return picked(answers, perSample * classes, samples, Float32Array);
  const { k, values, ids } = answers;
  return {
    classes,
    k,
    values: picked(values, perSample * (k + 1), samples, Float32Array),
    ids: picked(ids, perSample * k, samples, Uint32Array),
  };
}

function picked<T extends Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  from: T,
  size: number,
  samples: Uint32Array,
  make: new (length: number) => T,
): T {
  const found = new make(samples.length * size);
  samples.forEach((sample, i) => {
    found.set(from.subarray(sample * size, (sample + 1) * size), i * size);
  });
  return found;
}

/** (rows × bytes of a row): all halves first, then all ids, since halves begin at even places. */
export function encodeTop({ classes, values, ids }: TopRows): Uint8Array<ArrayBuffer> {
  const halves = toHalves(values);
  const short = idsFor(classes).from(ids);
  const bytes = new Uint8Array(halves.byteLength + short.byteLength);
  bytes.set(new Uint8Array(halves.buffer));
  bytes.set(new Uint8Array(short.buffer), halves.byteLength);
  return bytes;
}

/** Errors: RangeError where the bytes are not as many, or a row names a class twice or one that there is not. */
export function decodeTop(bytes: Uint8Array, rows: number, classes: number, k: number): TopRows {
  if (k < 1 || k >= classes || bytes.length !== rows * topRowBytes(classes, k))
    throw new RangeError(`${bytes.length} bytes of top answers`);
  const copy = bytes.slice().buffer;
  const border = 2 * rows * (k + 1);
  const values = fromHalves(new Uint16Array(copy, 0, rows * (k + 1)));
  const ids = Uint32Array.from(new (idsFor(classes))(copy.slice(border)));
  const seen = new Int32Array(classes).fill(-1);
  ids.forEach((id, i) => {
    const row = Math.floor(i / k);
    if (id >= classes || seen[id] === row) throw new RangeError(`class ${id} in row ${row}`);
    seen[id] = row;
  });
  return { classes, k, values, ids };
}
