/**
 * How a causal language model is fed: which of its inputs are token ids, mask, positions, empty caches and switches, by
 * their names, types and shapes as exporters write them. It opens no session; the sessions turn its plans into tensors.
 *
 * Names: transformers and Optimum of Hugging Face (`input_ids`, `past_key_values.0.key`, `use_cache_branch`, …).
 */
import { StillroomError } from '../../spec/errors.ts';
import { encoder } from '../language.ts';

/** An input as the file or a session describes it. */
export interface DescribedInput {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[] | null;
}

/** What an input is fed. Sequences are (batch, positions). */
type Role = 'ids' | 'mask' | 'positions' | 'types' | 'cache' | 'use-cache' | 'keep';

interface TokenInput extends DescribedInput {
  readonly role: Role;
}

export interface TokenInputs {
  readonly ids: DescribedInput;
  readonly all: readonly TokenInput[];
  /** It takes what was computed before, which only a decoder does. */
  readonly cached: boolean;
}

/** A tensor in plain data: what `new ort.Tensor` takes. */
export interface PlainTensor {
  readonly type: 'int64' | 'int32' | 'bool' | 'float32' | 'float16';
  readonly data: BigInt64Array | Int32Array | Uint8Array | Float32Array | Uint16Array;
  readonly dims: readonly number[];
}

const integers: ReadonlySet<string> = new Set(['int64', 'int32']);
const floats: ReadonlySet<string> = new Set(['float32', 'float16']);

/**
 * The plan for a model that reads tokens, or null for one that reads numbers. Errors: `lm-encoder-decoder`, `lm-inputs`
 * for an input that nothing is known to feed.
 */
export function tokenInputs(inputs: readonly DescribedInput[]): TokenInputs | null {
  const ids =
    inputs.find(({ name, dtype }) => integers.has(dtype) && /(^|_)input_ids$|^ids$|^tokens$/i.test(name)) ??
    (inputs.length === 1 ? inputs.find(({ dtype }) => integers.has(dtype)) : undefined);
  if (ids === undefined) return null;
  const other = inputs.find(({ name }) => /encoder|^decoder_/i.test(name));
  if (other !== undefined) throw encoderDecoder(other.name);
  const all = inputs.map((input): TokenInput => ({ ...input, role: input === ids ? 'ids' : roleOf(input) }));
  return { ids, all, cached: all.some(({ role }) => role === 'cache') };
}

function roleOf(input: DescribedInput): Role {
  const { name, dtype } = input;
  if (integers.has(dtype)) {
    if (/attention_mask$/i.test(name)) return 'mask';
    if (/position_ids$/i.test(name)) return 'positions';
    if (/token_type_ids$/i.test(name)) return 'types';
    if (/logits_to_keep$/i.test(name)) return 'keep';
  }
  if (dtype === 'bool' && /^use_cache/i.test(name)) return 'use-cache';
  if (floats.has(dtype) && /^past|^cache/i.test(name) && input.shape !== null) return 'cache';
  throw new StillroomError({
    code: 'lm-inputs',
    problem: 'This language model has an input that nothing here can fill',
    got: `${name} (${dtype})`,
    wanted: 'token ids, with a mask, positions and caches at most',
    remedy: 'Choose an export for text generation',
    control: 'teacher.file',
  });
}

/** What a run reads: texts from their beginning, or one that goes on. */
export interface Reading {
  readonly batch: number;
  /** Tokens of each text that were read before. */
  readonly known?: number;
  /** Logits of the last token alone are wanted, where the model offers that. */
  readonly last?: boolean;
}

/**
 * Feeds of one run over `ids` (batch × positions), without the caches where something is known already. Errors: `lm-inputs`
 * where a cache has no shape that can be empty.
 */
export function tokenFeeds(
  { all }: TokenInputs,
  ids: Uint32Array,
  reading: Reading,
): Readonly<Record<string, PlainTensor>> {
  const fresh = all.filter(({ role }) => role !== 'cache' || (reading.known ?? 0) === 0);
  return Object.fromEntries(fresh.map((input) => [input.name, feedOf(input, ids, reading)]));
}

function feedOf(
  input: TokenInput,
  ids: Uint32Array,
  { batch, known = 0, last = false }: Reading,
): PlainTensor {
  const positions = ids.length / batch;
  const filled = (columns: number, value: (i: number) => number) =>
    wholeTensor(
      input.dtype,
      [batch, columns],
      Array.from({ length: batch * columns }, (_, i) => value(i)),
    );
  const whole = (value: (i: number) => number) => filled(positions, value);
  const scalar = input.shape?.length === 0 ? [] : [1];
  switch (input.role) {
    case 'ids':
      return whole((i) => ids[i] ?? 0);
    case 'mask':
      return filled(known + positions, () => 1);
    case 'positions':
      return whole((i) => known + (i % positions));
    case 'types':
      return whole(() => 0);
    case 'keep':
      return wholeTensor(input.dtype, scalar, [last ? 1 : 0]);
    case 'use-cache':
      return { type: 'bool', data: Uint8Array.of(known > 0 ? 1 : 0), dims: scalar };
    case 'cache':
      return emptyCache(input, batch);
  }
}

function wholeTensor(dtype: string, dims: readonly number[], values: readonly number[]): PlainTensor {
  if (dtype === 'int32') return { type: 'int32', data: Int32Array.from(values), dims };
  return { type: 'int64', data: BigInt64Array.from(values, BigInt), dims };
}

/** (batch, heads, 0, width): what is free beside the batch is the past, of which there is none. States of fixed size are zeros. */
function emptyCache({ dtype, shape, name }: DescribedInput, batch: number): PlainTensor {
  const free = (shape ?? []).slice(1).filter((n) => typeof n === 'string');
  if (shape === null || shape.length === 0 || free.length > 1) {
    throw new StillroomError({
      code: 'lm-inputs',
      problem: 'A cache of this language model has no shape that can be left empty',
      got: `${name} [${shape?.join(', ') ?? '?'}]`,
      wanted: '[batch, heads, past, width] with only the batch and the past free',
      remedy: 'Choose another export of the model',
      control: 'teacher.file',
    });
  }
  const dims = shape.map((n, axis) => (axis === 0 ? batch : typeof n === 'string' ? 0 : n));
  const length = dims.reduce((product, n) => product * n, 1);
  if (dtype === 'float16') return { type: 'float16', data: new Uint16Array(length), dims };
  return { type: 'float32', data: new Float32Array(length), dims };
}

/** Errors: `lm-ids` naming the first token that the model has no row for. The runtime would take it silently. */
export function checkIds(ids: Uint32Array, vocabulary: number): void {
  const bad = ids.findIndex((id) => id >= vocabulary);
  if (bad < 0) return;
  throw new StillroomError({
    code: 'lm-ids',
    problem: 'A token is not in the vocabulary of the teacher',
    got: `id ${ids[bad]}`,
    wanted: `0 to ${vocabulary - 1}`,
    remedy: "Encode the text with the teacher's own tokenizer",
    control: 'data.tokenizer',
  });
}

/** Activations that are quantised by the largest of a text change a little with each of its tokens. */
const rounding = 0.05;

/**
 * Whether answers to earlier tokens changed with the last one, which a decoder's do not: (positions, classes) logits of
 * one text and of the same with another last token. Errors: `lm-encoder`.
 */
export function checkCausal(before: Float32Array, after: Float32Array, classes: number): void {
  const earlier = before.length - classes;
  let [change, size] = [0, 0];
  for (let i = 0; i < earlier; i++) {
    change += ((after[i] ?? 0) - (before[i] ?? 0)) ** 2;
    size += (before[i] ?? 0) ** 2;
  }
  if (Math.sqrt(change) <= rounding * Math.sqrt(size)) return;
  throw encoder('its answers to earlier tokens depend on later ones');
}

function encoderDecoder(name: string): StillroomError {
  return new StillroomError({
    code: 'lm-encoder-decoder',
    problem: 'This model is one half of an encoder and a decoder',
    got: `an input ${name}`,
    wanted: 'a decoder that stands alone',
    remedy: 'Choose a model for text generation',
    control: 'teacher.file',
  });
}
