/**
 * A teacher's answers over one data set as a sealed file (checkpoints/sealed.ts): float32 to the bit, or the k largest of
 * each row. The key inside says whose answers they are, over what: hash of the teacher, its tensors, fingerprint of the
 * data. No storage here.
 */
import * as v from 'valibot';
import type { Reply } from '../protocol/events.ts';
import { StillroomError } from '../spec/errors.ts';
import { limits, type Range } from '../spec/limits.ts';
import {
  type AnswerRows,
  decodeTop,
  denseOf,
  encodeTop,
  largestOf,
  logitCount,
  type TopRows,
  topRowBytes,
} from '../teachers/topAnswers.ts';
import { seal, unseal } from './checkpoints/sealed.ts';
import type { AnswerKeeper, Found } from './prepare.ts';

/** Answers of which the k largest of each row are known, and their rest as one number. */
export interface TopCut {
  readonly classes: number;
  readonly k: number;
}

const magic = 0x414b_5253;
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const whole = ({ min, max }: Range) => v.pipe(count, v.minValue(min), v.maxValue(max));

const headerSchema = v.strictObject({
  version: v.literal(2),
  key: v.string(),
  top: v.nullable(v.strictObject({ classes: whole(limits.classes), k: whole(limits.top) })),
  /** Logits of each part. */
  transfer: count,
  validation: count,
  test: count,
  grid: v.nullable(count),
});

/** Errors: RangeError for answers with hidden states, or without logits. */
export function encodeAnswers(key: string, found: Found, top: TopCut | null): Uint8Array<ArrayBuffer> {
  const { transfer, validation, test, grid } = found;
  if (transfer.logits === null || transfer.hidden.length > 0)
    throw new RangeError('answers that no file holds');
  const parts = [transfer.logits, validation, test, ...(grid === null ? [] : [grid])];
  const [of = 0, ofValidation = 0, ofTest = 0, ofGrid = null] = parts.map(logitCount);
  const header = { version: 2, key, top, transfer: of, validation: ofValidation, test: ofTest, grid: ofGrid };
  return seal(magic, header, parts.map(top === null ? (part) => denseOf(part) : (part) => packed(part, top)));
}

/** Null where it is torn, or no such file; of another key only where none is asked for. */
export function decodeAnswers(bytes: Uint8Array, wanted?: string) {
  const opened = unseal(magic, bytes);
  const header = v.safeParse(headerSchema, opened?.header);
  if (opened === null || !header.success) return null;
  const { key, top, transfer, validation, test, grid } = header.output;
  if (wanted !== undefined && key !== wanted) return null;
  try {
    const part = (length: number): AnswerRows =>
      top === null ? opened.take(length) : unpacked(opened.take, length, top);
    const found: Found = {
      transfer: { logits: part(transfer), hidden: [] },
      validation: part(validation),
      test: part(test),
      grid: grid === null ? null : part(grid),
    };
    return { key, found, top };
  } catch {
    return null;
  }
}

/** What is left of answers when they come back from such a file. */
export function cutAnswers({ transfer, validation, test, grid }: Found, { classes, k }: TopCut): Found {
  const cut = (answers: AnswerRows) => largestOf(answers, classes, k);
  return {
    transfer: { ...transfer, logits: transfer.logits === null ? null : cut(transfer.logits) },
    validation: cut(validation),
    test: cut(test),
    grid: grid === null ? null : cut(grid),
  };
}

/** A saved file among the kept answers, whichever run they are of. Errors: `answers-invalid`. */
export async function keepAnswers(
  kept: AnswerKeeper | undefined,
  bytes: Uint8Array,
): Promise<Extract<Reply, { kind: 'kept' }>> {
  const file = decodeAnswers(bytes);
  if (file === null) throw answersInvalid();
  const { teacher, data } = ownersOf(file.key);
  await kept?.put(file.key, file.found, file.top);
  return { kind: 'kept', teacher, data };
}

/** A file as the one thing that is kept, for a run that is told to learn from it. Errors: `answers-invalid`. */
export function answersKeeper(bytes: Uint8Array): {
  readonly keeper: AnswerKeeper;
  readonly top: TopCut | null;
} {
  const file = decodeAnswers(bytes);
  if (file === null) throw answersInvalid();
  const get = (key: string) => {
    if (key === file.key) return Promise.resolve(file.found);
    return Promise.reject(otherAnswers(words(file.key), words(key)));
  };
  return { keeper: { get, put: () => Promise.resolve() }, top: file.top };
}

function words(key: string): string {
  const { teacher, data } = ownersOf(key);
  return `teacher ${teacher.slice(0, 12)}, data ${data}`;
}

function otherAnswers(got: string, wanted: string): StillroomError {
  return new StillroomError({
    code: 'answers-other',
    problem: 'These recorded answers are of another teacher, over other data, or of other tensors',
    got,
    wanted,
    remedy: 'Choose the file of this run, or let the teacher answer',
    control: 'teacher.answers',
  });
}

/** Whose answers they are, over what. Errors: `answers-invalid`. */
function ownersOf(key: string): { readonly teacher: string; readonly data: string } {
  const parsed = v.safeParse(v.looseTuple([v.string(), v.string()]), parseJson(key));
  if (!parsed.success) throw answersInvalid();
  const [teacher, data] = parsed.output;
  return { teacher, data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function answersInvalid(): StillroomError {
  return new StillroomError({
    code: 'answers-invalid',
    problem: 'This is no whole file of recorded answers',
    wanted: 'a file that Stillroom saved',
    remedy: 'Save the answers again, or let the teacher answer',
    control: 'teacher.answers',
  });
}

/** Bytes of cut answers as whole words. */
function packed(answers: AnswerRows, { classes, k }: TopCut): Float32Array {
  const bytes = encodeTop(largestOf(answers, classes, k));
  const words = new Uint8Array(4 * Math.ceil(bytes.length / 4));
  words.set(bytes);
  return new Float32Array(words.buffer);
}

function unpacked(take: (length: number) => Float32Array, logits: number, { classes, k }: TopCut): TopRows {
  const rows = logits / classes;
  const length = rows * topRowBytes(classes, k);
  const words = take(Math.ceil(length / 4));
  return decodeTop(new Uint8Array(words.buffer, words.byteOffset, length), rows, classes, k);
}
