/**
 * Tells what each file of the user's is, by its content, and reads those that hold data: images and labels as IDX
 * files (gzip or not), or both as one CSV table. Models and their external data are named and left alone.
 */
import { type ErrorDetail, StillroomError } from '../spec/errors.ts';
import { limits } from '../spec/limits.ts';
import { readCsv } from './csv.ts';
import { Fingerprint } from './fingerprint.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { type IdxArray, isIdx, largestDataFile, readIdx } from './idx.ts';

export interface DataFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface UserImages {
  readonly n: number;
  /** [C, H, W], or [features] where rows have no picture. */
  readonly shape: readonly number[];
  /** (n, size of the shape). Bytes are pixels 0 to 255; real numbers are taken as they are, and are finite. */
  readonly values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly unit: 'byte' | 'real';
}

export interface UserLabels {
  readonly n: number;
  /** Largest label + 1. */
  readonly classes: number;
  readonly values: Uint32Array<ArrayBuffer>;
}

export interface UserData {
  readonly images: UserImages;
  readonly labels: UserLabels;
}

export type RecognisedFile =
  | { readonly kind: 'images'; readonly name: string; readonly images: UserImages }
  | { readonly kind: 'labels'; readonly name: string; readonly labels: UserLabels }
  | {
      readonly kind: 'table';
      readonly name: string;
      readonly images: UserImages;
      readonly labels: UserLabels;
    }
  /** An ONNX model. */
  | { readonly kind: 'model'; readonly name: string }
  /** Anything else: a model's external data, to be matched by name. */
  | { readonly kind: 'external'; readonly name: string };

export interface UserFiles {
  /** One for each file given, in order. */
  readonly files: readonly RecognisedFile[];
  /** Images and labels together; undefined while one of them is missing. */
  readonly data: UserData | undefined;
  /** What is still needed; both where no data file was given. */
  readonly missing: readonly ('images' | 'labels')[];
}

/**
 * Errors: those of gzip, IDX and CSV; `data-file-twice`, `data-file-shape`, `data-file-finite`, `data-file-labels`,
 * `data-file-rows`.
 */
export function readUserFiles(given: readonly DataFile[]): UserFiles {
  const files = given.map(recognise);
  const images = only(files.filter((file) => file.kind === 'images' || file.kind === 'table'))?.images;
  const labels = only(files.filter((file) => file.kind === 'labels' || file.kind === 'table'))?.labels;
  if (images !== undefined && labels !== undefined) {
    if (images.n !== labels.n) throw unequalRows(images.n, labels.n);
    return { files, data: { images, labels }, missing: [] };
  }
  const missing = [
    ...(images === undefined ? (['images'] as const) : []),
    ...(labels === undefined ? (['labels'] as const) : []),
  ];
  return { files, data: undefined, missing };
}

/** 16 hex digits over pixels and labels as they are in the files: `data.fingerprint` of a run. */
export function userDataFingerprint({ images, labels }: UserData): string {
  const hash = new Fingerprint().text(images.unit);
  hash.words(Uint32Array.of(images.n, images.shape.length, ...images.shape, labels.classes));
  const { buffer, byteOffset, byteLength } = images.values;
  const whole = byteLength - (byteLength % 4);
  // A copy where the pixels do not start on a word.
  const start = byteOffset % 4 === 0 ? byteOffset : 0;
  const aligned = byteOffset % 4 === 0 ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  hash.words(new Uint32Array(aligned, start, whole / 4));
  hash.words(Uint32Array.from(new Uint8Array(aligned, start + whole, byteLength - whole)));
  return hash.words(labels.values).hex();
}

function recognise({ name, bytes: packed }: DataFile): RecognisedFile {
  const zipped = isGzip(packed);
  const bytes = zipped ? gunzip(name, packed, largestDataFile) : packed;
  if (isIdx(bytes)) return fromIdx(name, readIdx(name, bytes));
  // A name that promises IDX earns an error about IDX, rather than a silent place among the external data.
  if (/ubyte|\.idx|idx\d/i.test(name)) readIdx(name, bytes);
  if (/\.(csv|tsv)(\.gz)?$/i.test(name) || (zipped && looksLikeNumbers(bytes))) return fromCsv(name, bytes);
  if (isModel(name, bytes)) return { kind: 'model', name };
  if (/\.txt$/i.test(name) || looksLikeNumbers(bytes)) return fromCsv(name, bytes);
  return { kind: 'external', name };
}

/** A ModelProto begins with its version of the format, field 1, a small number; then comes another field. */
function isModel(name: string, bytes: Uint8Array): boolean {
  if (/\.onnx$/i.test(name)) return true;
  const [tag, version = 0, next = 0] = bytes;
  return tag === 0x08 && version > 0 && version < 32 && [0x12, 0x1a, 0x22, 0x3a, 0x42].includes(next);
}

/** At least one separated pair of numbers, and nothing but printed text at the beginning. */
function looksLikeNumbers(bytes: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 4_096));
  return /^[\t\n\r -~]+$/.test(text) && /\d\s*[,;\t]\s*[-+.\d]/.test(text);
}

function fromIdx(name: string, array: IdxArray): RecognisedFile {
  const [n = 0, ...rest] = array.dims;
  if (rest.length === 0) return { kind: 'labels', name, labels: labelsOf(name, array.values) };
  const [height = 0, width = 0] = rest;
  if (rest.length > 3) {
    throw fileError({
      code: 'data-file-shape',
      problem: `${name} has too many dimensions`,
      got: array.dims.join(' × '),
      wanted: 'rows × features, rows × height × width or rows × channels × height × width',
      remedy: 'Save the file with one of these shapes',
    });
  }
  checkRows(name, n);
  const shape = rest.length === 2 ? [1, height, width] : rest;
  const { values } = array;
  if (values instanceof Uint8Array)
    return { kind: 'images', name, images: { n, shape, values, unit: 'byte' } };
  const reals = Float32Array.from(values);
  checkFinite(name, reals);
  return { kind: 'images', name, images: { n, shape, values: reals, unit: 'real' } };
}

function fromCsv(name: string, bytes: Uint8Array): RecognisedFile {
  const { n, features, values, labels } = readCsv(name, bytes);
  checkRows(name, n);
  const images = { n, shape: [features], values, unit: 'real' } as const;
  return { kind: 'table', name, images, labels: labelsOf(name, labels) };
}

function labelsOf(name: string, from: ArrayLike<number>): UserLabels {
  const n = from.length;
  checkRows(name, n);
  const values = new Uint32Array(n);
  let largest = 0;
  for (let row = 0; row < n; row++) {
    const label = from[row] ?? -1;
    if (!Number.isInteger(label) || label < 0 || label >= limits.classes.max)
      throw wrongLabel(`${name}, row ${row}`, String(label));
    values[row] = label;
    largest = Math.max(largest, label);
  }
  if (largest === 0) throw wrongLabel(name, 'only class 0');
  return { n, classes: largest + 1, values };
}

function only<T extends RecognisedFile>(files: readonly T[]): T | undefined {
  const [first, second] = files;
  if (first === undefined || second === undefined) return first;
  throw fileError({
    code: 'data-file-twice',
    problem: `${first.name} and ${second.name} are both ${[first, second].some(({ kind }) => kind === 'labels') ? 'labels' : 'images'}`,
    wanted: 'one file of images and one of labels, or one table',
    remedy: 'Give only one of them',
  });
}

function checkRows(name: string, n: number): void {
  if (n <= limits.samples.max) return;
  throw fileError({
    code: 'data-file-rows',
    problem: `${name} has too many rows`,
    got: String(n),
    wanted: `at most ${limits.samples.max}`,
    remedy: 'Give fewer rows',
  });
}

function checkFinite(name: string, values: Float32Array): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw fileError({
    code: 'data-file-finite',
    problem: `${name} holds a number that is not finite`,
    got: `${values[wrong]} at place ${wrong}`,
    wanted: 'finite numbers that float32 can hold',
    remedy: 'Replace or leave out such rows',
  });
}

function unequalRows(images: number, labels: number): StillroomError {
  return fileError({
    code: 'data-file-rows',
    problem: 'Images and labels are not of the same rows',
    got: `${images} images and ${labels} labels`,
    wanted: 'as many labels as images',
    remedy: 'Give the two files that belong together',
  });
}

function wrongLabel(where: string, got: string): StillroomError {
  return fileError({
    code: 'data-file-labels',
    problem: `Labels are wrong: ${where}`,
    got,
    wanted: `whole numbers from 0 to ${limits.classes.max - 1}, at least two classes`,
    remedy: 'Number the classes from 0',
  });
}

function fileError(detail: Omit<ErrorDetail, 'control'>): StillroomError {
  return new StillroomError({ ...detail, control: 'data.file' });
}
