/**
 * Tokenizers of users' texts: by character, by byte, or the teacher's own, read from its tokenizer.json. Each says what
 * its tokens are; none trains a vocabulary.
 */
import { StillroomError } from '../spec/errors.ts';
import { limits } from '../spec/limits.ts';
import type { Vocabulary } from './textTask.ts';

export interface TextTokenizer {
  readonly vocabulary: Vocabulary;
  /** Of a text that its vocabulary was made for. */
  encode(text: string): readonly number[];
}

const mark = '⊢';

/** The characters of these texts, in order of their code points, after the mark of a beginning. Errors: `text-characters`. */
export function characterTokenizer(documents: readonly string[]): TextTokenizer {
  const found = new Set<string>();
  for (const one of documents) for (const character of one) found.add(character);
  const characters = [...found].sort((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0));
  if (characters.length + 1 > limits.classes.max) throw tooMany(characters.length);
  const ids = new Map(characters.map((character, i) => [character, i + 1]));
  return {
    vocabulary: {
      pieces: [mark, ...characters],
      characters: new Uint8Array(characters.length + 1).fill(1, 1),
      begin: 0,
      end: null,
      encode: (text) => Array.from(text, (character) => ids.get(character) ?? null),
    },
    encode: (text) => Array.from(text, (character) => ids.get(character) ?? 0),
  };
}

const bytes = 256;

/** The 256 bytes of UTF-8, then the mark of a beginning. Only a byte that begins a character counts as one. */
export function byteTokenizer(): TextTokenizer {
  const pieces = Array.from({ length: bytes }, (_, byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `‹${byte.toString(16).padStart(2, '0')}›`,
  );
  pieces[0x0a] = '\n';
  const characters = Uint8Array.from({ length: bytes + 1 }, (_, byte) =>
    byte === bytes || (byte >= 0x80 && byte < 0xc0) ? 0 : 1,
  );
  const encode = (text: string) => Array.from(new TextEncoder().encode(text));
  return { vocabulary: { pieces: [...pieces, mark], characters, begin: bytes, end: null, encode }, encode };
}

/**
 * The tokenizer of tokenizer.json. `classes`: logits that the teacher gives for a token, which may be more than there
 * are words; null where that is not known. Errors: `lm-tokenizer`.
 */
export async function teacherTokenizer(file: Uint8Array, classes: number | null): Promise<TextTokenizer> {
  const { Tokenizer } = await import('@huggingface/tokenizers');
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(file));
    if (typeof json !== 'object' || json === null) throw new Error('no JSON object');
    const tokenizer = new Tokenizer(json, {});
    const words = [...tokenizer.get_vocab(true).values()];
    const count = Math.max(classes ?? 0, words.reduce((largest, id) => Math.max(largest, id), -1) + 1);
    const pieces = Array.from({ length: count }, (_, id) => tokenizer.decode([id]));
    const begin = beginOf((word) => tokenizer.token_to_id(word));
    const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
    return {
      vocabulary: {
        pieces,
        characters: Uint8Array.from(pieces, (piece) => Math.min(255, [...piece].length)),
        begin,
        end: null,
        encode,
      },
      encode,
    };
  } catch (cause) {
    throw new StillroomError(
      {
        code: 'lm-tokenizer',
        problem: 'tokenizer.json cannot be read',
        got: cause instanceof Error ? cause.message : String(cause),
        wanted: 'the file as it lies beside the model on the hub',
        remedy: 'Download it again',
        control: 'teacher.file',
      },
      { cause },
    );
  }
}

/** The mark of a beginning under the names that it goes by; null where the tokenizer has none. */
function beginOf(idOf: (word: string) => number | undefined): number | null {
  for (const word of ['<s>', '<|begin_of_text|>', '<bos>', '<|endoftext|>', '<|im_start|>', '[BOS]']) {
    const id = idOf(word);
    if (id !== undefined) return id;
  }
  return null;
}

function tooMany(got: number): StillroomError {
  return new StillroomError({
    code: 'text-characters',
    problem: 'The text has too many different characters',
    got: String(got),
    wanted: `at most ${limits.classes.max - 1}`,
    remedy: 'Choose bytes instead',
    control: 'data.tokenizer',
  });
}
