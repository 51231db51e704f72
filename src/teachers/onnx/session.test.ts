import { expect, test } from 'vitest';
import { StillroomError } from '../../spec/errors.ts';
import {
  checkFinite,
  type InputDims,
  inputDims,
  type TeacherRequest,
  trialSamples,
  widthOf,
} from './session.ts';

const input = (shape: readonly (number | string)[], type = 'float32') => [
  { name: 'x', isTensor: true, type, shape },
];

function request(inputShape: readonly number[], changes: Partial<TeacherRequest> = {}): TeacherRequest {
  return {
    ...{ model: new Uint8Array(), external: [], input: 'x', logits: 'logits', taps: [], maps: 'pool' },
    ...{ inputShape, inputDtype: 'f32', classes: null, batch: 4, deadlineMs: 1_000 },
    ...changes,
  };
}

test.each([
  ['an image', ['N', 1, 28, 28], [1, 28, 28], [1, 28, 28]],
  ['an image as one row', ['N', 784], [1, 28, 28], [784]],
  ['a row whose length is free', ['N', 'features'], [1, 28, 28], [784]],
  ['an image of free size', ['N', 1, 'h', 'w'], [1, 28, 28], [1, 28, 28]],
  ['an image of one channel, told last', ['N', 28, 28, 1], [1, 28, 28], [28, 28, 1]],
  ['an image without a channel', ['N', 28, 28], [1, 28, 28], [28, 28]],
  ['a point', ['N', 2], [2], [2]],
])('%s is handed over in the shape that the model wants', (_, wanted, shape, sample) => {
  expect(inputDims(input(wanted), request(shape))).toMatchObject({ sample, fixedBatch: null, positions: 1 });
});

test('a number for the batch is a fixed batch', () => {
  expect(inputDims(input([1, 2]), request([2])).fixedBatch).toBe(1);
  expect(inputDims(input([64, 2]), request([2])).fixedBatch).toBe(64);
  expect(inputDims(input([-1, 2]), request([2])).fixedBatch).toBeNull();
});

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'fine';
  } catch (error) {
    return error instanceof StillroomError ? error.code : String(error);
  }
}

test.each([
  ['more numbers than a sample has', input(['N', 3, 32, 32]), 'onnx-input-shape'],
  ['the same numbers in another order', input(['N', 32, 32, 3]), 'onnx-input-shape'],
  ['a scalar', input([]), 'onnx-input-shape'],
  ['whole numbers', input(['N', 3, 2], 'int64'), 'onnx-input-type'],
  ['another name', [{ ...input(['N', 3, 2])[0], name: 'y', isTensor: true }], 'onnx-input-missing'],
  ['two inputs', [...input(['N', 3, 2]), { name: 'mask', isTensor: true }], 'onnx-inputs'],
])('an input that wants %s is refused', (_, inputs, code) => {
  expect(codeOf(() => inputDims(inputs, request([3, 2])))).toBe(code);
});

const numbers: InputDims = { sample: [2], fixedBatch: null, positions: 1, tokens: null };
const float32 = (...dims: number[]) => ({ dims, type: 'float32' });

test('an output has as many rows as samples, and as many numbers as wanted', () => {
  expect(widthOf('logits', float32(4, 10), 4, numbers, 10)).toBe(10);
  expect(widthOf('logits', float32(4, 10, 1, 1), 4, numbers, null)).toBe(10);
  expect(codeOf(() => widthOf('logits', float32(4, 10), 4, numbers, 11))).toBe('teacher-shape');
  expect(codeOf(() => widthOf('logits', float32(1, 40), 4, numbers, 10))).toBe('teacher-shape');
  expect(codeOf(() => widthOf('logits', float32(), 4, numbers, null))).toBe('teacher-shape');
  const halves = { dims: [4, 10], type: 'float16' };
  expect(codeOf(() => widthOf('logits', halves, 4, numbers, 10))).toBe('teacher-shape');
});

test('a model of tokens has a row for each token, and is not given numbers', () => {
  const ids = [
    { name: 'input_ids', isTensor: true, type: 'int64', shape: ['N', 'T'] },
    { name: 'attention_mask', isTensor: true, type: 'int64', shape: ['N', 'T'] },
  ];
  const text = request([3], { inputDtype: 'u32' });
  const dims = inputDims(ids, text);
  expect(dims).toMatchObject({ sample: [3], fixedBatch: null, positions: 3 });
  expect(widthOf('logits', float32(4, 3, 50), 4, dims, 50)).toBe(50);
  expect(codeOf(() => widthOf('logits', float32(4, 150), 4, dims, 150))).toBe('teacher-shape');
  expect(codeOf(() => inputDims(ids, request([3])))).toBe('onnx-input-type');
  expect(codeOf(() => inputDims(input(['N', 3]), text))).toBe('onnx-input-type');
  const short = [{ name: 'input_ids', isTensor: true, type: 'int64', shape: [1, 2] }];
  expect(codeOf(() => inputDims(short, text))).toBe('onnx-input-shape');
});

test('the first row that is not finite is named', () => {
  const values = Float32Array.of(0, 1, 2, 3, Number.NaN, 5);
  expect(codeOf(() => checkFinite('logits', values.subarray(0, 4), 2))).toBe('fine');
  expect(() => checkFinite('logits', values, 2)).toThrow(/NaN for sample 2/);
  expect(() => checkFinite('logits', Float32Array.of(Number.NEGATIVE_INFINITY), 2)).toThrow(
    /-Infinity for sample 0/,
  );
});

test('trial samples are finite and differ within a sample', () => {
  const samples = trialSamples(3, 784);
  expect(samples.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(new Set(samples.subarray(784, 1568)).size).toBeGreaterThan(50);
});
