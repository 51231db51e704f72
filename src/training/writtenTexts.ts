/**
 * Texts that a model writes: token by token from its own distribution at T = 1, many texts at a time. What a student of
 * sequence-level distillation reads (Kim and Rush 2016). The model is whoever answers; nothing is kept of it.
 */
import type { Sequence, Vocabulary } from '../data/textTask.ts';
import { StillroomError } from '../spec/errors.ts';
import { RandomStream } from '../tensor/random.ts';

export interface WritingOptions {
  readonly texts: number;
  /** Tokens of each at most. */
  readonly positions: number;
  readonly vocabulary: Vocabulary;
  readonly seed: number;
}

/** Logits (n × positions, classes) of inputs (n, positions). */
type Answer = (inputs: Uint32Array<ArrayBuffer>) => Promise<Float32Array>;

/** (texts, positions) tokens; after the mark of the end come marks of the beginning, which nobody writes. */
export async function writeTexts(answer: Answer, options: WritingOptions): Promise<Uint32Array<ArrayBuffer>> {
  const { texts, positions, vocabulary, seed } = options;
  const { pieces, end } = vocabulary;
  const begin = vocabulary.begin ?? 0;
  const random = Array.from({ length: texts }, (_, text) => new RandomStream(seed, text, 0x3717));
  const written = new Uint32Array(texts * positions).fill(begin);
  const inputs = new Uint32Array(texts * positions).fill(begin);
  const ended = new Uint8Array(texts);
  for (let at = 0; at < positions && ended.includes(0); at++) {
    const logits = await answer(inputs);
    for (const [text, stream] of random.entries()) {
      if (ended[text] === 1) continue;
      const row = (text * positions + at) * pieces.length;
      const token = drawn(logits.subarray(row, row + pieces.length), begin, stream.unit());
      written[text * positions + at] = token;
      if (at + 1 < positions) inputs[text * positions + at + 1] = token;
      if (token === end) ended[text] = 1;
    }
  }
  return written;
}

/** Such texts as a file: a byte a token. Errors: RangeError for more than 256 tokens. */
export function encodeTexts(written: Uint32Array): Uint8Array<ArrayBuffer> {
  if (written.some((token) => token > 255)) throw new RangeError('a token that is no byte');
  return Uint8Array.from(written);
}

/** The texts of such a file as sequences of a data set. Errors: `written-invalid`. */
export function decodeTexts(
  bytes: Uint8Array,
  positions: number,
  { pieces, begin, end }: Vocabulary,
): readonly Sequence[] {
  const n = bytes.length / positions;
  if (!Number.isInteger(n) || bytes.some((token) => token >= pieces.length)) throw invalid(bytes.length);
  return Array.from({ length: n }, (_, text) => {
    const all = Array.from(bytes.subarray(text * positions, (text + 1) * positions));
    const stop = all.findIndex((token) => token === end || token === begin);
    const tokens = stop < 0 ? all : all.slice(0, all[stop] === end ? stop + 1 : stop);
    return { tokens, entropy: null };
  });
}

/** The mark of the beginning is never drawn. `unit` is uniform in [0, 1). */
function drawn(logits: Float32Array, begin: number, unit: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const z of logits) largest = Math.max(largest, z);
  const weights = Array.from(logits, (z, token) => (token === begin ? 0 : Math.exp(z - largest)));
  let left = unit * weights.reduce((sum, w) => sum + w, 0);
  let last = 0;
  for (const [token, weight] of weights.entries()) {
    if (weight === 0) continue;
    last = token;
    left -= weight;
    if (left < 0) return token;
  }
  return last;
}

function invalid(bytes: number): StillroomError {
  return new StillroomError({
    code: 'written-invalid',
    problem: "The teacher's own texts cannot be read",
    got: `${bytes} bytes`,
    remedy: 'Reload the page, or learn from the texts of the source',
    control: 'data.written',
  });
}
