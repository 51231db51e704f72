// Bad input of language runs: each mistake has an error that names the control which mends it, in words that the page knows
// for that control, and the right files are taken afterwards.
import { expect, test } from 'vitest';
import {
  languageConfig,
  languageModel,
  languageRepository,
  modelPath,
  type Precision,
} from '../../e2e/languageModels.ts';
import { bpeTokenizer } from '../../e2e/languageTokenizer.ts';
import { textFileDataset } from '../data/textFileDataset.ts';
import words from '../locales/en.json' with { type: 'json' };
import type { GivenFile } from '../protocol/commands.ts';
import { detailOf } from '../spec/errors.ts';
import type { TeacherRequest } from '../teachers/onnx/session.ts';
import { openWasmTeacher } from '../teachers/onnx/wasmSession.ts';
import { inspectFiles } from './inspectFiles.ts';

const [vocabulary, length] = [512, 6];
const json = (name: string, value: unknown): GivenFile => {
  return { name, bytes: new TextEncoder().encode(JSON.stringify(value)) };
};
const text: GivenFile = { name: 'text.txt', bytes: new TextEncoder().encode('The stills ran. '.repeat(20)) };
const model = (options = {}): GivenFile => ({ name: 'model.onnx', bytes: languageModel(options) });
const tokenizer = (n = vocabulary) => json('tokenizer.json', bpeTokenizer(n));
const config = (changes = {}) => json('config.json', { ...languageConfig({ vocabulary }), ...changes });

function opened(bytes: Uint8Array<ArrayBuffer>, external: readonly GivenFile[], changes = {}) {
  const request: TeacherRequest = {
    ...{ model: bytes, external, input: 'input_ids', logits: 'logits', taps: [], maps: 'pool' },
    ...{ inputShape: [length], inputDtype: 'u32', classes: vocabulary, batch: 2, deadlineMs: 20_000 },
    ...changes,
  };
  return openWasmTeacher(request);
}

/** The model of one precision with the data file of another. */
function mixed(): readonly GivenFile[] {
  const of = (precision: Precision) => languageRepository([precision], { vocabulary });
  const bytes = of('f32').find(({ path }) => path === modelPath('f32'))?.bytes ?? new Uint8Array();
  const data = of('int4').find(({ path }) => path.endsWith('_data'))?.bytes ?? new Uint8Array();
  return [{ name: 'model.onnx', bytes }, { name: 'model.onnx_data', bytes: data }, tokenizer(), text];
}

const mistakes: readonly (readonly [string, () => unknown, string, string])[] = [
  [
    'a tokenizer of another model',
    () => inspectFiles([model(), tokenizer(513), text]),
    'lm-vocabulary',
    'teacher.file',
  ],
  [
    'a text cut by a tokenizer that is not here',
    () =>
      textFileDataset(
        { documents: ['some text'], tokenizer: null },
        {
          ...{ task: 'text', fingerprint: '', tokenizer: 'teacher', column: 'text', length, transfer: 1 },
          ...{ labelled: 'all', validation: 1, test: 1, leaveOut: [], labelNoise: 0, dataSeed: 1 },
        },
        1,
      ),
    'data-tokenizer',
    'data.tokenizer',
  ],
  ['weights of another file', () => inspectFiles(mixed()), 'onnx-damaged', 'teacher.file'],
  [
    'texts longer than the teacher reads',
    () => opened(model().bytes, [config({ max_position_embeddings: length - 1 })]),
    'lm-context',
    'data.length',
  ],
  [
    'an encoder, by its configuration',
    () => inspectFiles([model(), config({ architectures: ['BertForMaskedLM'] }), tokenizer(), text]),
    'lm-encoder',
    'teacher.file',
  ],
  [
    'an encoder, by its answers',
    () => opened(languageModel({ kind: 'encoder' }), []),
    'lm-encoder',
    'teacher.file',
  ],
  [
    'logits that are NaN',
    async () => (await opened(languageModel({ nan: true }), [])).answer(new Uint32Array(length), 1),
    'teacher-nan',
    'teacher.file',
  ],
];

test.each(mistakes)(
  '%s is refused with what mends it, at a control that the page has',
  async (_, work, code, control) => {
    const refused = await Promise.resolve()
      .then(work)
      .then(
        () => null,
        (error: unknown) => detailOf(error),
      );
    expect(refused).toMatchObject({ code, control });
    expect(refused?.remedy).toBeTruthy();
    expect(Object.keys(words)).toContain(`label.${control}`);
  },
);

test('a model without its tokenizer, or without its data file, names what is missing, and whole it is taken', async () => {
  const repository = languageRepository(['f32'], { vocabulary });
  const files = repository.map(({ path, bytes }) => ({ name: path.split('/').at(-1) ?? '', bytes }));
  const without = (name: string) => inspectFiles([...files.filter((file) => file.name !== name), text]);
  expect((await without('tokenizer.json')).missing.join()).toContain('tokenizer.json');
  expect((await without('model.onnx_data')).missing.join()).toContain('model.onnx_data');
  const whole = await inspectFiles([...files, text]);
  expect(whole.missing).toEqual([]);
  expect(whole.text?.samples[0]?.count).toBeGreaterThan(2);
});
