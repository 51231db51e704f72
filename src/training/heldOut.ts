/**
 * A teacher's logits over the rows of a held-out split, asked for in runs of samples: of a long text with a large
 * vocabulary they never lie in memory all at once. It measures nothing.
 */

export interface HeldOutAnswers {
  /** (samples × positions, classes) from sample `first` on. */
  answer(first: number, samples: number): Promise<Float32Array<ArrayBuffer>>;
}

/** Answers that are in memory: (n × positions, classes), of which one sample has `perSample`. */
export function storedAnswers(logits: Float32Array<ArrayBuffer>, perSample: number): HeldOutAnswers {
  return {
    answer: (first, samples) =>
      Promise.resolve(logits.subarray(first * perSample, (first + samples) * perSample)),
  };
}
