/**
 * What a task of texts is: sequences of tokens, each the label of the one before it, and what a data set of them says
 * about its vocabulary. No text is drawn here and none is cut.
 */

/** How texts become tokens. */
export interface Vocabulary {
  /** What each token adds to a text, as it is shown. */
  readonly pieces: readonly string[];
  /** Characters that each token stands for; marks of beginning and end are none. */
  readonly characters: Uint8Array<ArrayBuffer>;
  /** The token that stands before every text, where there is such. */
  readonly begin: number | null;
  /** The token that ends one, where there is such. */
  readonly end: number | null;
  /** The tokens of a text; of what it has no token for, null. */
  readonly encode: (text: string) => readonly (number | null)[];
}

/** One text as a row of a data set. */
export interface Sequence {
  /** The token that is read before the first of `tokens`; the mark of the beginning unless told. */
  readonly before?: number;
  /** What is asked for; the mark of the end, where there is one, is the last. */
  readonly tokens: readonly number[];
  /** Entropy of each token given those before it, in nats, where the source is known. */
  readonly entropy: readonly number[] | null;
}

export interface TextTask {
  /** Stable, part of a data set's fingerprint: `stories-word-32`. */
  readonly id: string;
  readonly title: string;
  /** Tokens of a sample. Longer texts are cut, shorter ones padded with rows that do not count. */
  readonly positions: number;
  readonly vocabulary: Vocabulary;
  /** Pure in (seed, stream, index). */
  sequence(seed: number, stream: number, index: number): Sequence;
}
