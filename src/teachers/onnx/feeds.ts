/** What a run of a model is given, as the runtime's tensors on the host: numbers, or all that goes with tokens. */
import type { InferenceSession } from 'onnxruntime-web';
import type { Inputs } from '../../tensor/kernel.ts';
import { checkLanguage } from '../language.ts';
import type { Ort } from './runtime.ts';
import { type InputDims, sizeOf, type TeacherRequest, trialSamples, trialTokens } from './session.ts';
import { checkIds, type Reading, type TokenInputs, tokenFeeds } from './tokens.ts';

/** Feeds for `n` samples; where `inputs` has fewer, the rest is zeros. */
export function hostFeeds(
  ort: Ort,
  { sample, tokens }: InputDims,
  input: string,
  inputs: Inputs,
  n: number,
): InferenceSession.FeedsType {
  const length = n * sizeOf(sample);
  if (tokens === null) {
    const filled = new Float32Array(length);
    filled.set(inputs);
    return { [input]: new ort.Tensor('float32', filled, [n, ...sample]) };
  }
  const ids = new Uint32Array(length);
  ids.set(inputs);
  return tokenTensors(ort, tokens, ids, { batch: n });
}

export function tokenTensors(
  ort: Ort,
  inputs: TokenInputs,
  ids: Uint32Array,
  reading: Reading,
): InferenceSession.FeedsType {
  const tensors = Object.entries(tokenFeeds(inputs, ids, reading)).map(([name, { type, data, dims }]) => {
    return [name, new ort.Tensor(type, data, [...dims])] as const;
  });
  return Object.fromEntries(tensors);
}

export function trialInputs({ sample, tokens }: InputDims, { classes }: TeacherRequest, n: number): Inputs {
  const size = sizeOf(sample);
  return tokens === null ? trialSamples(n, size) : trialTokens(n, size, classes);
}

/** Errors: RangeError for another number of inputs, `lm-ids`. */
export function checkInputs(
  inputs: Inputs,
  n: number,
  { sample, tokens }: InputDims,
  classes: number | null,
): void {
  const size = sizeOf(sample);
  if (inputs.length !== n * size)
    throw new RangeError(`${inputs.length} numbers for ${n} samples of ${size}`);
  if (tokens !== null && inputs instanceof Uint32Array && classes !== null) checkIds(inputs, classes);
}

/** What the files beside a language model forbid, before it is opened. Errors: those of `checkLanguage`. */
export function checkReading({ inputDtype, inputShape, external, classes }: TeacherRequest): void {
  const [positions = null] = inputShape;
  if (inputDtype === 'u32') checkLanguage(external, { words: classes, positions });
}
