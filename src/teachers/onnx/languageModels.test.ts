// Causal language models in the hub's layout, on the processor: understood by themselves, answered token by token, and
// refused with a reason where they cannot teach.
import { Tokenizer } from '@huggingface/tokenizers';
import { expect, test } from 'vitest';
import {
  type LanguageOptions,
  languageConfig,
  languageModel,
  languageRepository,
  layerTensor,
  modelPath,
  type Precision,
} from '../../../e2e/languageModels.ts';
import { bpeTokenizer, wordTokenizer } from '../../../e2e/languageTokenizer.ts';
import type { GivenFile } from '../../protocol/commands.ts';
import { StillroomError } from '../../spec/errors.ts';
import { inspectTeacher } from './inspect.ts';
import { readModel } from './modelFile.ts';
import { pastPairs } from './past.ts';
import type { TeacherRequest } from './session.ts';
import { tokenInputs } from './tokens.ts';
import { openWasmTeacher } from './wasmSession.ts';

const [vocabulary, length] = [512, 6];

function request(model: Uint8Array<ArrayBuffer>, changes: Partial<TeacherRequest> = {}): TeacherRequest {
  return {
    ...{ model, external: [], input: 'input_ids', logits: 'logits', taps: [], maps: 'pool' },
    ...{ inputShape: [length], inputDtype: 'u32', classes: vocabulary, batch: 2, deadlineMs: 20_000 },
    ...changes,
  };
}

const json = (name: string, value: unknown): GivenFile => {
  return { name, bytes: new TextEncoder().encode(JSON.stringify(value)) };
};
const text = (n: number, seed = 1) =>
  Uint32Array.from({ length: n * length }, (_, i) => (seed * 131 + i * i * 17 + i) % vocabulary);

async function logitsOf(options: LanguageOptions, ids: Uint32Array<ArrayBuffer>) {
  const teacher = await openWasmTeacher(request(languageModel(options)));
  const { logits } = await teacher.answer(ids, ids.length / length);
  teacher.dispose();
  return logits;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return error instanceof StillroomError ? error.code : String(error);
  }
}

/** ‖a − b‖ / ‖b‖. */
function distance(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, 0];
  b.forEach((value, i) => {
    difference += ((a[i] ?? 0) - value) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(difference / size);
}

test.each([
  ['f16', 0.01],
  ['int8', 0.1],
  ['int4', 0.5],
] as const)(
  '%s: half and quantised weights answer as the float32 ones, as near as their rounding lets them',
  async (precision, nearness) => {
    const ids = text(3);
    const [exact, rounded] = [await logitsOf({}, ids), await logitsOf({ precision }, ids)];
    expect(rounded.length).toBe(3 * length * vocabulary);
    expect(distance(rounded, exact)).toBeLessThan(nearness);
    expect(distance(rounded, exact)).toBeGreaterThan(1e-5);
  },
);

test('each token has its row, and no row knows a later token; a batch of one gives the same', async () => {
  const [ids, changed] = [text(2), text(2)];
  changed[length - 2] = ((ids[length - 2] ?? 0) + 1) % vocabulary;
  const [before, after] = [await logitsOf({}, ids), await logitsOf({}, changed)];
  const rows = (from: number, to: number) => [from * vocabulary, to * vocabulary] as const;
  expect(distance(after.subarray(...rows(0, 4)), before.subarray(...rows(0, 4)))).toBeLessThan(1e-6);
  expect(distance(after.subarray(...rows(4, 6)), before.subarray(...rows(4, 6)))).toBeGreaterThan(0.05);
  expect(distance(after.subarray(...rows(6, 12)), before.subarray(...rows(6, 12)))).toBeLessThan(1e-6);
  const alone = await logitsOf({}, ids.slice(length));
  expect(distance(alone, before.subarray(...rows(6, 12)))).toBeLessThan(1e-5);
});

test('switches of older and newer exports are fed so that all positions are answered', async () => {
  const ids = text(2);
  const plain = await logitsOf({}, ids);
  const more = await logitsOf({ inputs: ['use_cache_branch', 'num_logits_to_keep'] }, ids);
  expect(distance(more, plain)).toBeLessThan(1e-6);
});

test.each([
  ['of today', {}],
  ['with switches of older and newer exports', { inputs: ['use_cache_branch', 'num_logits_to_keep'] }],
  ['in float16', { precision: 'f16' }],
] as const)(
  'a model %s reads a text on from what it kept of it, as if it read all of it again',
  async (_, options) => {
    const teacher = await openWasmTeacher(request(languageModel(options)));
    const ids = text(2);
    const { logits } = await teacher.answer(ids, 2);
    const { next } = teacher;
    if (next === undefined) throw new Error('it keeps nothing');
    for (const first of [0, length]) {
      const own = ids.slice(first, first + length);
      let known = 0;
      for (const tokens of [own.slice(0, 3), own.slice(3, 4), own.slice(4, 6)]) {
        const found = await next(tokens, known);
        known += tokens.length;
        const row = first + known - 1;
        expect(distance(found, logits.subarray(row * vocabulary, (row + 1) * vocabulary))).toBeLessThan(
          'precision' in options ? 2e-3 : 1e-5,
        );
      }
    }
    await expect(next(ids.slice(0, 1), 3)).rejects.toThrow(RangeError);
    await expect(next(Uint32Array.of(vocabulary), 0)).rejects.toMatchObject({ code: 'lm-ids' });
    teacher.dispose();
  },
);

test('a model that gives back less than it takes, or reads texts of one length alone, is read from the beginning', () => {
  const cache = (name: string) => ({ name, dtype: 'float32', shape: ['batch', 1, 'past', 8] });
  const of = (columns: string | number, outputs: readonly string[]) => {
    const inputs = [
      { name: 'input_ids', dtype: 'int64', shape: ['batch', columns] },
      cache('past_key_values.0.key'),
      cache('past_key_values.0.value'),
    ];
    const dims = { sample: [6], fixedBatch: null, positions: 6, tokens: tokenInputs(inputs) };
    const known = outputs.map((name) => ({ name, isTensor: true, type: 'float32' }));
    return pastPairs(dims, known);
  };
  const both = ['present.0.key', 'present.0.value'];
  expect([...(of('sequence', both)?.values() ?? [])]).toEqual(both);
  expect(of('sequence', both.slice(1))).toBeNull();
  expect(of(6, both)).toBeNull();
});

test('a state after a layer is tapped with a row for each token', async () => {
  const teacher = await openWasmTeacher(
    request(languageModel({ precision: 'f16' }), { taps: [layerTensor] }),
  );
  expect(teacher.info).toMatchObject({ classes: vocabulary, hiddenSizes: [16] });
  const { hidden } = await teacher.answer(text(3), 3);
  expect(hidden[0]?.values.length).toBe(3 * length * 16);
  expect(new Set(hidden[0]?.values).size).toBeGreaterThan(200);
  teacher.dispose();
});

test('weights of attention and values, which lie by heads, are tapped with a row for each token', async () => {
  const model = languageModel();
  const { nodes } = readModel(model).graph;
  const softmax = nodes.find(({ op }) => op === 'Softmax')?.outputs[0] ?? '';
  const taps = [softmax, 'present.0.value'];
  expect((await inspectTeacher(model)).taps.map(({ name }) => name)).toContain(softmax);
  // As many tokens as heads, too: then only a square says what is what.
  for (const positions of [length, 2]) {
    const inputShape = [positions];
    const teacher = await openWasmTeacher(request(model, { taps, inputShape }));
    const [heads, headWidth] = [2, 8];
    expect(teacher.info.hiddenSizes).toEqual([heads * positions, headWidth]);
    const { hidden } = await teacher.answer(text(1).slice(0, positions), 1);
    const weights = hidden[0]?.values ?? new Float32Array();
    for (let first = 0; first < weights.length; first += positions) {
      const token = Math.floor(first / (heads * positions));
      const own = [...weights.subarray(first, first + positions)];
      expect(own.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 5);
      expect(own.slice(token + 1).every((w) => w === 0)).toBe(true);
    }
    teacher.dispose();
  }
});

test.each([49_152, 151_936])('a vocabulary of %i with weights in another file is whole', async (words) => {
  const files = languageRepository(['int4'], { vocabulary: words });
  const model = files.find(({ path }) => path === modelPath('int4'))?.bytes ?? new Uint8Array();
  const external = files.map(({ path, bytes }) => ({ name: path, bytes }));
  const found = await inspectTeacher(model, external);
  expect(found).toMatchObject({
    missing: [],
    input: { name: 'input_ids' },
    language: { vocabulary: words, words, context: 64, architecture: 'LlamaForCausalLM' },
  });
  expect(found.logits.map(({ name }) => name)).toEqual(['logits']);
  expect(found.taps.map(({ name }) => name)).toContain(layerTensor);
  const teacher = await openWasmTeacher(request(model, { external, classes: words, batch: 1 }));
  const { logits } = await teacher.answer(text(1), 1);
  expect(logits.length).toBe(length * words);
  teacher.dispose();
});

test('the tokenizer beside a model encodes and gives the text back', () => {
  const tokenizer = new Tokenizer(bpeTokenizer(2_000), {});
  const said = 'Once upon a time, 3 stills ran.';
  const { ids } = tokenizer.encode(said);
  expect(tokenizer.decode(ids)).toBe(said);
  expect(ids.length).toBeLessThan(said.length);
  expect(new Tokenizer(wordTokenizer(['a', 'still']), {}).encode('a still').ids).toEqual([1, 2]);
});

const config = (changes: object) => json('config.json', { ...languageConfig(), ...changes });
const decoder = () => languageModel();
const refusals: readonly (readonly [string, () => Uint8Array<ArrayBuffer>, GivenFile, string])[] = [
  ['an encoder, by its configuration', decoder, config({ architectures: ['BertForMaskedLM'] }), 'lm-encoder'],
  ['half of an encoder and decoder', decoder, config({ is_encoder_decoder: true }), 'lm-encoder'],
  ['a configuration of another model', decoder, config({ vocab_size: 513 }), 'lm-vocabulary'],
  ['a tokenizer of another model', decoder, json('tokenizer.json', bpeTokenizer(513)), 'lm-vocabulary'],
  ['a tokenizer that is none', decoder, json('tokenizer.json', { model: {} }), 'lm-tokenizer'],
  [
    'a configuration that is a web page',
    decoder,
    { ...config({}), bytes: new TextEncoder().encode('<!doctype html>') },
    'lm-config',
  ],
];
test.each(refusals)('%s is refused when it is looked at', async (_, model, file, code) => {
  expect(await codeOf(inspectTeacher(model(), [file]))).toBe(code);
});

test('without its tokenizer a model is read, and the tokenizer is named as missing', async () => {
  expect((await inspectTeacher(decoder(), [config({})])).missing).toEqual(['tokenizer.json']);
});

test('an encoder without a configuration is known by its answers', async () => {
  expect(await codeOf(openWasmTeacher(request(languageModel({ kind: 'encoder' }))))).toBe('lm-encoder');
});

test('texts that are too long, words that are too many, ids out of range and logits that are NaN are refused', async () => {
  const external = [config({ max_position_embeddings: length })];
  expect(await codeOf(openWasmTeacher(request(decoder(), { external, inputShape: [length + 1] })))).toBe(
    'lm-context',
  );
  expect(await codeOf(openWasmTeacher(request(decoder(), { external, classes: vocabulary + 1 })))).toBe(
    'lm-vocabulary',
  );
  const teacher = await openWasmTeacher(request(decoder(), { external }));
  const ids = text(1);
  ids[3] = vocabulary;
  expect(await codeOf(teacher.answer(ids, 1))).toBe('lm-ids');
  ids[3] = vocabulary - 1;
  expect(await codeOf(teacher.answer(ids, 1))).toBe('no error');
  teacher.dispose();
  const nan = await openWasmTeacher(request(languageModel({ nan: true })));
  expect(await codeOf(nan.answer(text(1), 1))).toBe('teacher-nan');
  nan.dispose();
});

test('weights of another precision beside the model are refused as not its own', async () => {
  const of = (precision: Precision) => languageRepository([precision], { vocabulary });
  const [mine, other] = [of('f32'), of('int4')];
  const model = mine.find(({ path }) => path === modelPath('f32'))?.bytes ?? new Uint8Array();
  const data = other.find(({ path }) => path.endsWith('_data'))?.bytes ?? new Uint8Array();
  expect(await codeOf(inspectTeacher(model, [{ name: 'model.onnx_data', bytes: data }]))).toBe(
    'onnx-damaged',
  );
});
