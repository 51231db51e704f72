/**
 * The three splits of a run from the user's own texts: each document cut into samples one after the other, and the
 * samples held out in whole stretches, so that no held-out text stands between two that were learnt from. Each
 * sample goes on where the one before it in its document ended, and none crosses the end of a document.
 */
import { StillroomError } from '../spec/errors.ts';
import type { DataSpec } from '../spec/runSpec.ts';
import type { Dataset } from './task.ts';
import { textDataset } from './textDataset.ts';
import { textFingerprint } from './textFiles.ts';
import type { Sequence } from './textTask.ts';
import { byteTokenizer, characterTokenizer, type TextTokenizer } from './tokenizers.ts';

/** A user's texts, read. */
export interface UserText {
  readonly documents: readonly string[];
  /** The teacher's tokenizer with the bytes of its file, where it is wanted. */
  readonly tokenizer: { readonly file: Uint8Array; readonly read: TextTokenizer } | null;
}

export type TextDataSpec = Extract<DataSpec, { task: 'text' }>;

/**
 * `seed` is the replicate's: it re-draws the labelled texts. Errors: `data-fingerprint`, `data-tokenizer` where the
 * teacher's is wanted and not there, `data-rows` where there are too few samples, those of tokenizers.
 */
export function textFileDataset(text: UserText, spec: TextDataSpec, seed: number): Dataset {
  checkFingerprint(text, spec);
  const { vocabulary, samples } = cut(text, spec);
  const { transfer, validation, test, labelled } = spec;
  const rest = samples.length - validation - test;
  if (rest < transfer) throw tooFew(samples.length, spec);
  const of = (sequences: readonly Sequence[], given: 'all' | number) => ({
    sequences,
    seed,
    labelled: given,
  });
  return textDataset(vocabulary, spec.length, {
    transfer: of(samples.slice(0, transfer), labelled),
    validation: of(samples.slice(rest, rest + validation), 'all'),
    test: of(samples.slice(rest + validation), 'all'),
  });
}

/** Samples that the texts hold at this length and with this tokenizer. Errors: `data-tokenizer`, those of tokenizers. */
export function textSamples(text: UserText, spec: Pick<TextDataSpec, 'tokenizer' | 'length'>): number {
  return cut(text, spec).samples.length;
}

/** Of all samples: nine tenths to learn from (at most 4,000), and a twentieth each to choose and to judge by. */
export function textShares(samples: number): Pick<TextDataSpec, 'transfer' | 'validation' | 'test'> {
  const held = Math.max(1, Math.min(400, Math.floor(samples / 20)));
  return { transfer: Math.max(1, Math.min(4_000, samples - 2 * held)), validation: held, test: held };
}

function cut(text: UserText, { tokenizer, length }: Pick<TextDataSpec, 'tokenizer' | 'length'>) {
  const { vocabulary, encode } = tokenizerOf(text, tokenizer);
  const samples = text.documents.flatMap((one) => windows(encode(one), length, vocabulary.begin));
  return { vocabulary, samples };
}

function tokenizerOf(text: UserText, name: TextDataSpec['tokenizer']): TextTokenizer {
  switch (name) {
    case 'character':
      return characterTokenizer(text.documents);
    case 'byte':
      return byteTokenizer();
    case 'teacher':
      if (text.tokenizer !== null) return text.tokenizer.read;
      throw new StillroomError({
        code: 'data-tokenizer',
        problem: "The teacher's own tokenizer is wanted, and is not here",
        wanted: 'tokenizer.json',
        remedy: 'Give the tokenizer.json of the teacher, or choose characters or bytes',
        control: 'data.tokenizer',
      });
  }
}

/** Where nothing marks a beginning, the first token of a document is only ever read, never asked for. */
function windows(tokens: readonly number[], length: number, begin: number | null): readonly Sequence[] {
  const all = begin === null ? tokens : [begin, ...tokens];
  const found: Sequence[] = [];
  for (let start = 0; start + 1 < all.length; start += length) {
    found.push({
      before: all[start] ?? 0,
      tokens: all.slice(start + 1, start + 1 + length),
      entropy: null,
    });
  }
  return found;
}

function checkFingerprint(text: UserText, spec: TextDataSpec): void {
  if (spec.fingerprint === '') return;
  const found = fingerprintOf(text);
  if (found === spec.fingerprint) return;
  throw new StillroomError({
    code: 'data-fingerprint',
    problem: 'These are not the texts of this run',
    got: found,
    wanted: spec.fingerprint,
    remedy: 'Give the files that the run was made with, or start a new run with these',
    control: 'data.file',
  });
}

/** `data.fingerprint` of a run over these texts. */
export function fingerprintOf({ documents, tokenizer }: UserText): string {
  return textFingerprint(documents, tokenizer?.file ?? null);
}

function tooFew(samples: number, { transfer, validation, test, length }: TextDataSpec): StillroomError {
  return new StillroomError({
    code: 'data-rows',
    problem: 'The text is too short',
    got: `${transfer} transfer, ${validation} validation and ${test} test samples of ${length} tokens`,
    wanted: `at most ${samples} samples together`,
    remedy: 'Learn from fewer rows (data.transfer) or shorter ones (data.length), or give more text',
    control: 'data.transfer',
  });
}
