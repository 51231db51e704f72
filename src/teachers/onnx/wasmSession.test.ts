import { expect, test } from 'vitest';
import {
  externalTeacher,
  hiddenBatchModel,
  hiddenTensor,
  imageSet,
  mapTeacher,
  nanModel,
  slowModel,
  teacherModel,
} from '../../../e2e/models.ts';
import { StillroomError } from '../../spec/errors.ts';
import type { TeacherRequest } from './session.ts';
import { openWasmTeacher } from './wasmSession.ts';

function request(model: Uint8Array<ArrayBuffer>, changes: Partial<TeacherRequest> = {}): TeacherRequest {
  return {
    ...{ model, external: [], input: 'input', logits: 'logits', taps: [], maps: 'pool' },
    ...{ inputShape: [1, 28, 28], inputDtype: 'f32', classes: 10, batch: 16, deadlineMs: 10_000 },
    ...changes,
  };
}

/** n samples scaled to 0…1 and their labels. */
function samples(n: number) {
  const { images, trueLabels } = imageSet({ n });
  return { inputs: Float32Array.from(images.subarray(16), (pixel) => pixel / 255), trueLabels };
}

const argmax = (row: Float32Array) => row.indexOf(Math.max(...row));
const answersOf = (logits: Float32Array, n: number) =>
  Array.from({ length: n }, (_, row) => argmax(logits.subarray(row * 10, (row + 1) * 10)));

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return error instanceof StillroomError ? error.code : String(error);
  }
}

test('a teacher answers any number of samples, the last run a short one', async () => {
  const teacher = await openWasmTeacher(request(teacherModel()));
  const { inputs, trueLabels } = samples(37);
  const { logits } = await teacher.answer(inputs, 37);
  expect(teacher.classes).toBe(10);
  expect(teacher.info.fixedBatch).toBeNull();
  expect(answersOf(logits, 37)).toEqual([...trueLabels]);
  teacher.dispose();
});

test('a teacher with a fixed batch gives the same answers as one without', async () => {
  const { inputs } = samples(37);
  const free = await openWasmTeacher(request(teacherModel()));
  const wanted = await free.answer(inputs, 37);
  for (const batch of [1, 5]) {
    const teacher = await openWasmTeacher(request(teacherModel({ batch })));
    expect(teacher.info.fixedBatch).toBe(batch);
    expect(teacher.batch).toBe(batch);
    const { logits } = await teacher.answer(inputs, 37);
    logits.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted.logits[i] ?? Number.NaN, 4);
    });
  }
});

test('answers of a single run are the same, own their memory whole, and no later answer writes into them', async () => {
  const teacher = await openWasmTeacher(request(teacherModel(), { taps: [hiddenTensor] }));
  const { inputs } = samples(37);
  const all = await teacher.answer(inputs, 37);
  const size = inputs.length / 37;
  for (const n of [1, 15, 16]) {
    const { logits, hidden } = await teacher.answer(inputs.subarray(0, n * size), n);
    await teacher.answer(inputs.subarray(-n * size), n);
    for (const [found, wanted] of [
      [logits, all.logits],
      [hidden[0]?.values, all.hidden[0]?.values],
    ]) {
      expect(found?.buffer.byteLength).toBe(found?.byteLength);
      found?.forEach((value, i) => {
        expect(value).toBeCloseTo(wanted?.[i] ?? Number.NaN, 4);
      });
    }
    expect([logits.length, hidden[0]?.values.length]).toEqual([10 * n, 32 * n]);
  }
  teacher.dispose();
});

test('a model that only says that its batch is free is run sample by sample', async () => {
  const teacher = await openWasmTeacher(request(hiddenBatchModel()));
  expect(teacher.info.fixedBatch).toBe(1);
  const { inputs, trueLabels } = samples(20);
  expect(answersOf((await teacher.answer(inputs, 20)).logits, 20)).toEqual([...trueLabels]);
});

test('float16 logits arrive as float32', async () => {
  const { inputs } = samples(8);
  const wanted = await (await openWasmTeacher(request(teacherModel()))).answer(inputs, 8);
  const half = await (await openWasmTeacher(request(teacherModel({ end: 'float16' })))).answer(inputs, 8);
  expect(half.logits).toBeInstanceOf(Float32Array);
  half.logits.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted.logits[i] ?? Number.NaN, 1);
  });
});

test('the scores before a Softmax can be had, and are the logits', async () => {
  const { inputs } = samples(8);
  const wanted = await (await openWasmTeacher(request(teacherModel()))).answer(inputs, 8);
  const tapped = await openWasmTeacher(request(teacherModel({ end: 'softmax' }), { logits: 'gemm_3' }));
  expect((await tapped.answer(inputs, 8)).logits).toEqual(wanted.logits);
});

test('weights in a second file are found by its name', async () => {
  const { model, data } = externalTeacher('weights/teacher.onnx.data');
  const external = [{ name: 'teacher.onnx.data', bytes: data }];
  const teacher = await openWasmTeacher(request(model, { external }));
  const { inputs, trueLabels } = samples(10);
  expect(answersOf((await teacher.answer(inputs, 10)).logits, 10)).toEqual([...trueLabels]);
  expect(await codeOf(openWasmTeacher(request(model)))).toBe('onnx-external-missing');
});

test('an inner tensor is a hidden state', async () => {
  const teacher = await openWasmTeacher(request(teacherModel({ hidden: 24 }), { taps: [hiddenTensor] }));
  expect(teacher.info.hiddenSizes).toEqual([24]);
  const { inputs, trueLabels } = samples(5);
  const { hidden } = await teacher.answer(inputs, 5);
  const [states] = hidden;
  expect(states?.values).toHaveLength(5 * 24);
  // The unit of a sample's class is the strongest.
  for (let row = 0; row < 5; row++) {
    expect(argmax(states?.values.subarray(row * 24, (row + 1) * 24) ?? new Float32Array())).toBe(
      trueLabels[row],
    );
  }
});

test('a map becomes its spatial mean, or one long row', async () => {
  const { inputs } = samples(3);
  const pooled = await openWasmTeacher(request(mapTeacher(), { taps: ['conv_0'], maps: 'pool' }));
  expect(pooled.info.hiddenSizes).toEqual([10]);
  const answers = await pooled.answer(inputs, 3);
  // This teacher's logits are the spatial means of that very map.
  expect(answers.hidden[0]?.values).toEqual(answers.logits);
  const long = await openWasmTeacher(request(mapTeacher(), { taps: ['conv_0'], maps: 'flatten' }));
  expect(long.info.hiddenSizes).toEqual([10 * 26 * 26]);
  const map = (await long.answer(inputs, 3)).hidden[0]?.values ?? new Float32Array();
  const mean = map.subarray(0, 676).reduce((sum, value) => sum + value, 0) / 676;
  expect(mean).toBeCloseTo(answers.logits[0] ?? Number.NaN, 5);
});

test('a teacher for flat samples takes images, whose rows it reads one after the other', async () => {
  const teacher = await openWasmTeacher(request(teacherModel({ inputShape: [784] })));
  const { inputs, trueLabels } = samples(4);
  expect(answersOf((await teacher.answer(inputs, 4)).logits, 4)).toEqual([...trueLabels]);
});

test.each([
  ['samples of another shape', request(teacherModel({ inputShape: [3, 32, 32] })), 'onnx-input-shape'],
  ['another number of classes', request(teacherModel(), { classes: 7 }), 'teacher-shape'],
  ['an input that is not there', request(teacherModel(), { input: 'image' }), 'onnx-input-missing'],
  ['logits that are not there', request(teacherModel(), { logits: 'scores' }), 'onnx-refused'],
  ['bytes that are no model', request(new Uint8Array(100).fill(9)), 'onnx-not-a-model'],
])('%s: refused by its own code', async (_, wanted, code) => {
  expect(await codeOf(openWasmTeacher(wanted))).toBe(code);
});

test('answers that are not numbers are an error that names the sample', async () => {
  const teacher = await openWasmTeacher(request(nanModel()));
  expect(await codeOf(teacher.answer(samples(3).inputs, 3))).toBe('teacher-nan');
});

test('a sample that is not a number is an error too, and the next batch is answered', async () => {
  const teacher = await openWasmTeacher(request(teacherModel()));
  const { inputs, trueLabels } = samples(3);
  const broken = inputs.slice().fill(Number.POSITIVE_INFINITY, 0, 5);
  expect(await codeOf(teacher.answer(broken, 3))).toBe('teacher-nan');
  expect(answersOf((await teacher.answer(inputs, 3)).logits, 3)).toEqual([...trueLabels]);
});

test('a run past its deadline is an error', async () => {
  const slow = slowModel(30_000);
  expect(await codeOf(openWasmTeacher(request(slow, { logits: 'slow_logits', deadlineMs: 1 })))).toBe(
    'teacher-deadline',
  );
});

test('two calls at once take turns', async () => {
  const teacher = await openWasmTeacher(request(teacherModel()));
  const { inputs } = samples(20);
  const [one, two] = await Promise.all([teacher.answer(inputs, 20), teacher.answer(inputs, 20)]);
  expect(one.logits).toEqual(two.logits);
});

test('a teacher that was disposed of answers no more', async () => {
  const teacher = await openWasmTeacher(request(teacherModel()));
  teacher.dispose();
  await expect(teacher.answer(samples(1).inputs, 1)).rejects.toThrow(/disposed/);
});
