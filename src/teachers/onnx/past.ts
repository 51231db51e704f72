/**
 * One text that a language model reads on: which of its outputs are fed back as which inputs, what they hold, and the feeds
 * of the next tokens. Where the tensors lie, and who runs the model, is the sessions' affair.
 *
 * Names: transformers and Optimum of Hugging Face (`present.0.key` becomes `past_key_values.0.key`).
 */
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { tokenTensors } from './feeds.ts';
import type { Ort } from './runtime.ts';
import type { InputDims, TensorFacts } from './session.ts';
import type { TokenInputs } from './tokens.ts';

/** Names of what is fed back, by the input that takes it. */
export type Pairs = ReadonlyMap<string, string>;

/**
 * Null where the model takes nothing of what it computed before, or gives not all of it, or reads texts or batches of one
 * size alone.
 */
export function pastPairs({ tokens, fixedBatch }: InputDims, outputs: readonly TensorFacts[]): Pairs | null {
  if (tokens === null || !tokens.cached) return null;
  const open = tokens.ids.shape?.[1] === undefined || typeof tokens.ids.shape[1] === 'string';
  if (!open || (fixedBatch !== null && fixedBatch !== 1)) return null;
  const known = new Map(outputs.map(({ name, type }) => [name, type]));
  const pairs = new Map<string, string>();
  for (const { name, dtype, role } of tokens.all) {
    if (role !== 'cache') continue;
    const output = presentNames(name).find((one) => known.get(one) === dtype);
    if (output === undefined) return null;
    pairs.set(name, output);
  }
  return pairs;
}

function presentNames(past: string): readonly string[] {
  return [
    past.replace(/^past_key_values/i, 'present'),
    past.replace(/^past/i, 'present'),
    past.replace(/^cache/i, 'present'),
  ].filter((name) => name !== past);
}

export class ReadText {
  readonly #ort: Ort;
  readonly #inputs: TokenInputs;
  readonly #pairs: Pairs;
  /** By input. */
  #past: ReadonlyMap<string, Tensor> = new Map();
  #known = 0;

  constructor(ort: Ort, inputs: TokenInputs, pairs: Pairs) {
    this.#ort = ort;
    this.#inputs = inputs;
    this.#pairs = pairs;
  }

  get outputs(): readonly string[] {
    return [...this.#pairs.values()];
  }

  /** For tokens that follow the first `known` of this text; 0 begins another. Errors: RangeError where those are not known. */
  feeds(tokens: Uint32Array, known: number): InferenceSession.FeedsType {
    if (known === 0) this.forget();
    if (known !== this.#known) throw new RangeError(`${this.#known} tokens are known, and not ${known}`);
    const fresh = tokenTensors(this.#ort, this.#inputs, tokens, { batch: 1, known, last: true });
    return { ...fresh, ...Object.fromEntries(this.#past) };
  }

  /** What a run over these tokens gave takes the place of what was fed to it, which is given back. */
  keep(tokens: Uint32Array, results: InferenceSession.ReturnType): void {
    const past = new Map<string, Tensor>();
    for (const [input, output] of this.#pairs) {
      const tensor = results[output];
      if (tensor !== undefined) past.set(input, tensor);
    }
    const known = this.#known + tokens.length;
    this.forget();
    this.#past = past;
    this.#known = known;
  }

  forget(): void {
    for (const tensor of this.#past.values()) tensor.dispose();
    this.#past = new Map();
    this.#known = 0;
  }
}
