/**
 * One held-out text as every model sees it, token by token: small enough to be told at each evaluation, however large the
 * vocabulary. Measures are at T = 1, in nats; the rest is logits, which the page softens as it likes. Plain data.
 */

/** Heaps into which the tokens that are not shown are put, by their logits. */
export const restHeaps = 6;

/** What one model says at each of n positions. */
export interface TokenRows {
  /** Logits of the shown tokens, (n, shown). */
  readonly logits: Float32Array<ArrayBuffer>;
  /**
   * The other tokens in heaps, (n, heaps, 2): how many there are, and the log of the mean of exp(logit) among them. Their
   * probability is exact at T = 1, and as T grows without bound; in between it is near.
   */
  readonly rest: Float32Array<ArrayBuffer>;
  /** −log q of the token that comes, (n). */
  readonly surprise: Float32Array<ArrayBuffer>;
  /** KL(teacher ‖ student), (n); empty of the teacher itself and where there is none. */
  readonly divergence: Float32Array<ArrayBuffer>;
}

/** A text that went on from a prompt. */
export interface Written {
  /** After the prompt; the mark of the end is left out. */
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** Why it stops: at the mark of the end, at full length, or since its model took too long. */
  readonly finish: 'end' | 'length' | 'time';
}

/** Weights of attention of one layer, or of one tensor of a teacher. */
export interface AttentionMap {
  /** Number of the layer, or name of the tensor. */
  readonly name: string;
  readonly heads: number;
  /** (heads, n, n): what each token (a row) looks at. */
  readonly weights: Float32Array<ArrayBuffer>;
}

export interface TextPicture {
  /** Which of the held-out texts, and how many there are. */
  readonly text: number;
  readonly texts: number;
  /** The token that is read at each position, and the one that comes next, (n); padding is left out. */
  readonly inputs: Uint32Array<ArrayBuffer>;
  readonly labels: Uint32Array<ArrayBuffer>;
  /** True entropy of each next token, (n), where the source is known. */
  readonly entropy: Float32Array<ArrayBuffer> | null;
  /** Tokens that are told one by one at each position, (n, shown): the true one, then the likeliest. */
  readonly shown: Uint32Array<ArrayBuffer>;
  /** Null where there is no teacher. */
  readonly teacher: TokenRows | null;
  readonly arms: readonly TokenRows[];
}
