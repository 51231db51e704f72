import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  brokenModel,
  externalTeacher,
  hiddenTensor,
  nanWeightModel,
  slowModel,
  teacherModel,
  textModel,
} from '../../../e2e/models.ts';
import { writeOnnx } from '../../sharing/onnxFile.ts';
import { StillroomError } from '../../spec/errors.ts';
import { OnnxBuilder } from '../../tensor/onnxGraph.ts';
import { RandomStream } from '../../tensor/random.ts';
import { externalFiles, inspectFile, inspectTeacher, largestModel } from './inspect.ts';
import { openWasmTeacher } from './wasmSession.ts';

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'fine';
  } catch (error) {
    return error instanceof StillroomError ? error.code : `unexpected: ${error}`;
  }
}

test('a good model is described: size, parameters, input, logits, taps', async () => {
  const model = teacherModel({ hidden: 20 });
  const found = await inspectTeacher(model);
  expect(found).toMatchObject({
    ...{ sha256: sha256(model), bytes: model.length, parameters: 784 * 20 + 20 + 200 + 10, opset: 17 },
    ...{ fixedBatch: null, missing: [], warnings: [] },
    input: { name: 'input', dtype: 'float32', shape: ['batch', 1, 28, 28] },
    logits: [{ name: 'logits' }],
  });
  expect(found.taps.map(({ name }) => name)).toContain(hiddenTensor);
  expect(found.taps.map(({ name }) => name)).not.toContain('logits');
});

test('a fixed batch is recognised', async () => {
  expect((await inspectTeacher(teacherModel({ batch: 64 }))).fixedBatch).toBe(64);
});

test('a model in two files names the one that is missing, and is whole with it', async () => {
  const { model, data } = externalTeacher('sub/weights.bin');
  const alone = await inspectTeacher(model);
  expect(alone.missing).toEqual(['weights.bin']);
  const whole = await inspectTeacher(model, [{ name: 'weights.bin', bytes: data }]);
  expect(whole.missing).toEqual([]);
  expect(whole.bytes).toBe(model.length + data.length);
  expect(whole.parameters).toBe(alone.parameters);
  expect(whole.sha256).not.toBe(alone.sha256);
});

test('the hash of two files is that of what sha256sum prints', async () => {
  const { model, data } = externalTeacher('w.data');
  const { sha256: found } = await inspectTeacher(model, [{ name: 'w.data', bytes: data }]);
  expect(found).toBe(sha256(`${sha256(model)}  model.onnx\n${sha256(data)}  w.data\n`));
});

test('an external file that was renamed is taken where there is only one', () => {
  const { model, data } = externalTeacher('w.data');
  expect(externalFiles(model, [{ name: 'w (1).data', bytes: data }])).toEqual([{ path: 'w.data', data }]);
});

test('a changed byte in the external file changes the hash', async () => {
  const { model, data } = externalTeacher('w.data');
  const before = await inspectTeacher(model, [{ name: 'w.data', bytes: data }]);
  data[17] = (data[17] ?? 0) ^ 1;
  expect((await inspectTeacher(model, [{ name: 'w.data', bytes: data }])).sha256).not.toBe(before.sha256);
});

const twoInputs = () => {
  const builder = new OnnxBuilder('two');
  const sum = builder.node('Add', [builder.input('a', ['N', 2]), builder.input('b', ['N', 2])]);
  builder.output(sum, 'y', ['N', 2]);
  return writeOnnx(builder.build());
};
const idsIn = () => {
  const builder = new OnnxBuilder('ids');
  builder.output(builder.node('Cast', [builder.input('ids', ['N', 2], 'int64')], { to: 1 }), 'y', ['N', 2]);
  return writeOnnx(builder.build());
};
const idsOut = () => {
  const builder = new OnnxBuilder('ids');
  builder.output(builder.node('ArgMax', [builder.input('x', ['N', 2])]), 'y', ['N', 1], 'int64');
  return writeOnnx(builder.build());
};
const shortWeights = () => {
  const { model, data } = externalTeacher('w.data');
  return () => inspectTeacher(model, [{ name: 'w.data', bytes: data.slice(0, 1000) }]);
};

test.each([
  ['half a file', () => inspectTeacher(brokenModel()), 'onnx-not-a-model'],
  ['a web page', () => inspectTeacher(textModel()), 'onnx-not-a-model'],
  ['two inputs', () => inspectTeacher(twoInputs()), 'onnx-inputs'],
  ['a classifier of texts', () => inspectTeacher(idsIn()), 'lm-encoder'],
  ['answers without scores', () => inspectTeacher(idsOut()), 'onnx-no-float-output'],
  ['a NaN among the weights', () => inspectTeacher(nanWeightModel()), 'onnx-nan-weights'],
  ['a weight file that is too short', shortWeights(), 'onnx-damaged'],
  ['more than a gibibyte', () => inspectTeacher(pretending(largestModel + 1)), 'onnx-too-large'],
])('%s: refused by its own code', async (_, work, code) => {
  expect(await codeOf(work)).toBe(code);
});

test('of a file an error begins with its name, since several may have been dropped together', async () => {
  const work = inspectFile({ name: 'mine.onnx', bytes: textModel() }, []);
  await expect(work).rejects.toMatchObject({
    detail: {
      code: 'onnx-not-a-model',
      problem: expect.stringMatching(/^mine\.onnx: this file is not an ONNX/),
    },
  });
});

/** Bytes that only say how many they are. */
function pretending(length: number): Uint8Array<ArrayBuffer> {
  return new Proxy(new Uint8Array(), {
    get: (target, key) => (key === 'length' ? length : Reflect.get(target, key, target)),
  });
}

test('a loop is said, and not refused', async () => {
  const { warnings } = await inspectTeacher(slowModel());
  expect(warnings.map(({ code }) => code)).toEqual(['onnx-loop']);
});

test('of 300 damaged models each is refused in words or has another hash', { timeout: 120_000 }, async () => {
  const good = teacherModel({ inputShape: [20], hidden: 12, classes: 4 });
  const name = sha256(good);
  const seed = Number(process.env['STILLROOM_FUZZ_SEED'] ?? 20);
  let [refused, altered] = [0, 0];
  for (let i = 0; i < 300; i++) {
    const mutant = mutate(good, new RandomStream(seed, i, 9));
    const outcome = await codeOf(async () => {
      const found = await inspectTeacher(mutant);
      expect(found.sha256, `seed ${seed}, mutant ${i}`).not.toBe(name);
      const teacher = await openWasmTeacher({
        ...{ model: mutant, external: [], input: found.input.name, logits: found.logits[0]?.name ?? '' },
        ...{
          taps: [],
          maps: 'pool',
          inputShape: [20],
          inputDtype: 'f32',
          classes: 4,
          batch: 4,
          deadlineMs: 5_000,
        },
      });
      await teacher.answer(new Float32Array(80).fill(0.5), 4);
      teacher.dispose();
    });
    expect(outcome, `seed ${seed}, mutant ${i}`).not.toContain('unexpected');
    if (outcome === 'fine') altered += 1;
    else refused += 1;
  }
  expect(refused + altered).toBe(300);
  expect(refused).toBeGreaterThan(30);
});

/** One of: bits flipped, the end cut off, a part doubled, a part zeroed, a part made random. */
function mutate(good: Uint8Array<ArrayBuffer>, random: RandomStream): Uint8Array<ArrayBuffer> {
  const bytes = good.slice();
  const at = random.integer(bytes.length);
  const length = 1 + random.integer(Math.min(64, bytes.length - at));
  switch (random.integer(5)) {
    case 0:
      for (let i = 0; i <= random.integer(8); i++) {
        const place = random.integer(bytes.length);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << random.integer(8));
      }
      break;
    case 1:
      return bytes.slice(0, at);
    case 2:
      return Uint8Array.of(...bytes.subarray(0, at + length), ...bytes.subarray(at));
    case 3:
      bytes.fill(0, at, at + length);
      break;
    default:
      for (let i = at; i < at + length; i++) bytes[i] = random.integer(256);
  }
  // A change that changes nothing is made one.
  if (bytes.every((byte, i) => byte === good[i])) bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

const folder = process.env['STILLROOM_DATA'] ?? '';
if (folder !== '' && existsSync(join(folder, 'mnist.onnx'))) {
  test('the real digit classifier is described as it is', async () => {
    const file = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
    const found = await inspectTeacher(file('mnist.onnx'), [
      { name: 'mnist.onnx.data', bytes: file('mnist.onnx.data') },
    ]);
    expect(found).toMatchObject({
      input: { name: 'input', shape: ['batch', 1, 28, 28] },
      missing: [],
      warnings: [],
    });
    expect(found.logits[0]?.name).toBe('logits');
    expect(found.taps.map(({ name }) => name)).toContain('relu');
  });
}
