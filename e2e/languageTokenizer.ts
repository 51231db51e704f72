// tokenizer.json files for tests, as the hub has them: a byte-level BPE of any size, and a small one of whole words.

/** Byte-level BPE: 256 bytes, then merges, letters first, then one word that ends a text, which has id 0. */
export function bpeTokenizer(vocabulary: number): object {
  const end = '<|endoftext|>';
  const bytes = byteCharacters();
  const tokens = [end, ...bytes];
  const merges: (readonly [string, string])[] = [];
  // Pairs of characters, then pairs with one more: enough for any vocabulary there is.
  for (const [left, right] of pairs(bytes)) {
    if (tokens.length >= vocabulary) break;
    tokens.push(left + right);
    merges.push([left, right]);
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: 0,
        content: end,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      ...{ dropout: null, unk_token: null, continuing_subword_prefix: '', end_of_word_suffix: '' },
      ...{ fuse_unk: false, byte_fallback: false },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** Whole words apart at spaces; what it does not know is `<unk>`, id 0. */
export function wordTokenizer(words: readonly string[]): object {
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(['<unk>', ...words].map((word, id) => [word, id])),
      unk_token: '<unk>',
    },
  };
}

function* pairs(bytes: readonly string[]): Generator<readonly [string, string]> {
  const letters = [...'etaoinshrdlucmfwypvbgkjqxz'].map(String);
  const ordered = [...letters, 'Ġ', ...bytes.filter((one) => !letters.includes(one) && one !== 'Ġ')];
  for (const left of ordered) for (const right of ordered) yield [left, right];
  for (const left of letters) {
    for (const middle of letters) for (const right of ordered) yield [left + middle, right];
  }
}

/** The characters that stand for the 256 bytes in a byte-level vocabulary, as GPT-2 chose them. */
function byteCharacters(): readonly string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printed = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCodePoint(printed ? byte : next++);
  });
}
