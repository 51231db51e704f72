/**
 * The live window: the few numbers that may change between steps, one window of 64 words an arm, written once a
 * step. Its twin is the struct of `shaders/lib/live.wgsl`; a test holds the two equal. Not for shapes.
 */

/** Most row-loss terms of an arm, beside its labels. */
export const maxTerms = 4;

const layout = {
  /** Optimiser step, from 0. */
  step: ['u32', 0],
  seed: ['u32', 1],
  /** Row of the metrics ring that this step writes. */
  ringRow: ['u32', 2],
  /** Index of the batch within an accumulated step; 0 replaces the ring's row, others add to it. */
  micro: ['u32', 3],
  learningRate: ['f32', 4],
  weightDecay: ['f32', 5],
  beta1: ['f32', 6],
  beta2: ['f32', 7],
  epsilon: ['f32', 8],
  /** 1 / (1 − β₁^t), 1 / (1 − β₂^t). */
  correction1: ['f32', 9],
  correction2: ['f32', 10],
  momentum: ['f32', 11],
  /** Largest global gradient norm; 0 is off. */
  clipNorm: ['f32', 12],
  temperature: ['f32', 13],
  /** 1 / number of valid, of labelled rows of the whole step; 0 where there are none. */
  inverseValid: ['f32', 14],
  inverseLabelled: ['f32', 15],
  /** Factor of the cross-entropy with labels, (1 − w) in a distilled arm. */
  labelWeight: ['f32', 16],
  /** Mass that label smoothing spreads over all classes. */
  smoothing: ['f32', 17],
  hiddenWeight: ['f32', 18],
  /** Of the hidden loss, where it has one. */
  hiddenParameter: ['f32', 19],
  /** Factor of each term, w·weight·(T² where scaled). */
  termWeight0: ['f32', 20],
  termWeight1: ['f32', 21],
  termWeight2: ['f32', 22],
  termWeight3: ['f32', 23],
  /** Parameters of each term, four a term, in the order of spec/terms.ts. */
  termParams0: ['f32', 24],
  termParams1: ['f32', 25],
  termParams2: ['f32', 26],
  termParams3: ['f32', 27],
  termParams4: ['f32', 28],
  termParams5: ['f32', 29],
  termParams6: ['f32', 30],
  termParams7: ['f32', 31],
  termParams8: ['f32', 32],
  termParams9: ['f32', 33],
  termParams10: ['f32', 34],
  termParams11: ['f32', 35],
  termParams12: ['f32', 36],
  termParams13: ['f32', 37],
  termParams14: ['f32', 38],
  termParams15: ['f32', 39],
  /** 1 − decay of an averaged copy of the student. */
  averageShare: ['f32', 40],
  /** Of several teachers, each one's share of what they say together. */
  teacherWeight0: ['f32', 41],
  teacherWeight1: ['f32', 42],
  teacherWeight2: ['f32', 43],
  teacherWeight3: ['f32', 44],
} as const satisfies Record<string, readonly ['u32' | 'f32', number]>;

export type LiveName = keyof typeof layout;

/** Words in one live window: 256 bytes, the alignment that every adapter accepts. */
export const liveWords = 64;

/** What a reference kernel reads of the live window. */
export interface LiveReader {
  get(name: LiveName): number;
  termWeight(term: number): number;
  /** The four parameters of a term. */
  termParams(term: number): readonly number[];
}

const firstWeight = layout.termWeight0[1];
const firstParameter = layout.termParams0[1];
/** Parameters of a term. */
const termParameters = 4;

/** Windows of `arms` arms in one block of words, ready to be written in one call. */
export class LiveBlock {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly #floats: Float32Array;

  constructor(arms: number) {
    this.words = new Uint32Array(arms * liveWords);
    this.#floats = new Float32Array(this.words.buffer);
  }

  set(arm: number, name: LiveName, value: number): void {
    const [type, word] = layout[name];
    if (type === 'u32') this.words[arm * liveWords + word] = value;
    else this.#floats[arm * liveWords + word] = value;
  }

  /** Parameters that are not given are 0. Errors: RangeError for a fifth term or parameter. */
  setTerm(arm: number, term: number, weight: number, parameters: readonly number[] = []): void {
    if (term >= maxTerms) throw new RangeError(`term ${term} of ${maxTerms}`);
    if (parameters.length > termParameters) throw new RangeError(`a term has ${termParameters} parameters`);
    const start = arm * liveWords;
    const first = start + firstParameter + term * termParameters;
    this.#floats[start + firstWeight + term] = weight;
    this.#floats.fill(0, first, first + termParameters);
    this.#floats.set(parameters, first);
  }
}

/** Reads one window of live words, wherever they lie. */
export class LiveWindow implements LiveReader {
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;

  constructor(words: Uint32Array) {
    this.#words = words;
    this.#floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  }

  get(name: LiveName): number {
    const [type, word] = layout[name];
    return (type === 'u32' ? this.#words[word] : this.#floats[word]) ?? 0;
  }

  termWeight(term: number): number {
    return this.#floats[firstWeight + term] ?? 0;
  }

  termParams(term: number): readonly number[] {
    const first = firstParameter + term * termParameters;
    return [...this.#floats.subarray(first, first + termParameters)];
  }
}

/** Name, type and word of every field, in order: what the test compares with the shader's struct. */
export function liveFields(): readonly { name: LiveName; type: 'u32' | 'f32'; word: number }[] {
  const entries = Object.entries(layout) as [LiveName, readonly ['u32' | 'f32', number]][];
  return entries.map(([name, [type, word]]) => ({ name, type, word }));
}
