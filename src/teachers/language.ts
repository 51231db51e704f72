/**
 * What the files beside a language model say of it: vocabulary and context in config.json, words in tokenizer.json. It
 * encodes no text and opens no model.
 */
import * as v from 'valibot';
import type { GivenFile } from '../protocol/commands.ts';
import { StillroomError } from '../spec/errors.ts';

export interface LanguageConfig {
  /** Logits of a token; null where the file does not say. */
  readonly vocabulary: number | null;
  /** Tokens that the model can read at once. */
  readonly context: number | null;
  /** Its class in transformers: `LlamaForCausalLM`. */
  readonly architecture: string | null;
}

const count = v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))));
/** The names under which configurations keep the two, nearest first. */
const counts = {
  vocab_size: count,
  max_position_embeddings: count,
  n_positions: count,
  n_ctx: count,
  max_seq_len: count,
  seq_length: count,
};
const configSchema = v.looseObject({
  ...counts,
  architectures: v.optional(v.nullable(v.array(v.string()))),
  is_encoder_decoder: v.optional(v.nullable(v.boolean())),
  text_config: v.optional(v.nullable(v.looseObject(counts))),
});
const tokenizerSchema = v.looseObject({
  added_tokens: v.optional(v.nullable(v.array(v.looseObject({ id: v.number() })))),
  // Checked one by one by hand: there may be 250,000 of them.
  model: v.looseObject({ vocab: v.custom<object>((given) => typeof given === 'object' && given !== null) }),
});

const configName = 'config.json';
export const tokenizerName = 'tokenizer.json';

/** The file of this name, in whatever folder. */
export function fileNamed(files: readonly GivenFile[], name: string): GivenFile | null {
  return files.find((file) => file.name.split(/[/\\]/).at(-1) === name) ?? null;
}

/** Null where there is no config.json. Errors: `lm-config`; `lm-encoder` for a model that continues no text. */
export function languageConfig(files: readonly GivenFile[]): LanguageConfig | null {
  const file = fileNamed(files, configName);
  if (file === null) return null;
  const config = parsed(file, configSchema);
  const [architecture = null] = config.architectures ?? [];
  const reads = /For(MaskedLM|\w*Classification|QuestionAnswering|MultipleChoice)$/.test(architecture ?? '');
  if (reads || config.is_encoder_decoder === true)
    throw encoder(architecture ?? 'an encoder with its decoder');
  const inner = config.text_config ?? {};
  const of = (one: v.InferOutput<v.LooseObjectSchema<typeof counts, undefined>>) => {
    return one.max_position_embeddings ?? one.n_positions ?? one.n_ctx ?? one.max_seq_len ?? one.seq_length;
  };
  return {
    vocabulary: config.vocab_size ?? inner.vocab_size ?? null,
    context: of(config) ?? of(inner) ?? null,
    architecture,
  };
}

/** Words that tokenizer.json knows: its largest id + 1; null where there is no such file. Errors: `lm-tokenizer`. */
export function tokenizerWords(files: readonly GivenFile[]): number | null {
  const file = fileNamed(files, tokenizerName);
  if (file === null) return null;
  const { model, added_tokens: added } = parsed(file, tokenizerSchema);
  let largest = -1;
  for (const { id } of added ?? []) largest = Math.max(largest, id);
  // A list of pieces with scores has its ids by order.
  if (Array.isArray(model.vocab)) return Math.max(largest, model.vocab.length - 1) + 1;
  for (const id of Object.values(model.vocab)) {
    if (typeof id !== 'number') throw unreadable(file.name, 'a word without a number');
    largest = Math.max(largest, id);
  }
  return largest + 1;
}

/**
 * Whether tokens of so many words, in texts of so many tokens, are what the teacher reads.
 * Errors: `lm-vocabulary`, `lm-context`, those of `languageConfig`.
 */
export function checkLanguage(
  files: readonly GivenFile[],
  { words, positions }: { readonly words: number | null; readonly positions: number | null },
): void {
  const config = languageConfig(files);
  if (config === null) return;
  if (config.vocabulary !== null && words !== null && words > config.vocabulary)
    throw otherVocabulary(words, config.vocabulary);
  if (config.context === null || positions === null || positions <= config.context) return;
  throw new StillroomError({
    code: 'lm-context',
    problem: 'The texts are longer than what the teacher can read at once',
    got: `${positions} tokens`,
    wanted: `at most ${config.context}`,
    remedy: 'Cut the text into shorter pieces',
    control: 'data.length',
  });
}

export function otherVocabulary(got: number, wanted: number): StillroomError {
  return new StillroomError({
    code: 'lm-vocabulary',
    problem: 'The tokenizer and the teacher have different vocabularies',
    got: `${got} words`,
    wanted: `at most ${wanted}, the logits of the teacher`,
    remedy: 'Give the tokenizer.json that belongs to this model',
    control: 'teacher.file',
  });
}

export function encoder(got: string): StillroomError {
  return new StillroomError({
    code: 'lm-encoder',
    problem: 'This model reads text but does not continue it: it is an encoder',
    got,
    wanted: 'a decoder, which predicts each next token from those before it',
    remedy: 'Choose a model for text generation',
    control: 'teacher.file',
  });
}

function parsed<const T extends v.GenericSchema>({ name, bytes }: GivenFile, schema: T): v.InferOutput<T> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw unreadable(name, 'no JSON');
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw unreadable(name, `${v.getDotPath(issue) ?? ''}: ${issue.message}`);
}

function unreadable(name: string, got: string): StillroomError {
  return new StillroomError({
    code: name.endsWith(configName) ? 'lm-config' : 'lm-tokenizer',
    problem: `${name} cannot be read`,
    got,
    wanted: 'the file as it lies beside the model on the hub',
    remedy: 'Download it again',
    control: 'teacher.file',
  });
}
