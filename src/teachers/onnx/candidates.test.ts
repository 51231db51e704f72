import { expect, test } from 'vitest';
import { hiddenTensor, mapTeacher, slowModel, teacherModel } from '../../../e2e/models.ts';
import { writeOnnx } from '../../sharing/onnxFile.ts';
import { OnnxBuilder } from '../../tensor/onnxGraph.ts';
import { logitsCandidates, openInputs, tapCandidates } from './candidates.ts';
import { readModel } from './modelFile.ts';

const namesOf = (model: Uint8Array) => logitsCandidates(readModel(model).graph).map(({ name }) => name);

test('an output called logits is offered as logits', () => {
  expect(namesOf(teacherModel())).toEqual(['logits']);
  expect(namesOf(teacherModel({ end: 'float16' }))).toEqual(['logits']);
});

test('before a Softmax at the end come the scores that went into it', () => {
  const candidates = logitsCandidates(readModel(teacherModel({ end: 'softmax' })).graph);
  expect(candidates.map(({ name }) => name)).toEqual(['gemm_3', 'probabilities']);
  expect(candidates[0]?.reason).toContain('before the Softmax');
  expect(candidates[1]?.reason).toContain('probabilities');
});

test('log-probabilities serve as they are', () => {
  const candidates = logitsCandidates(readModel(teacherModel({ end: 'logSoftmax' })).graph);
  expect(candidates.map(({ name }) => name)).toEqual(['log']);
});

test('of several outputs the one with a telling name comes first, and maps and ids are left out', () => {
  const builder = new OnnxBuilder('several');
  const x = builder.input('x', ['N', 4]);
  builder.output(builder.node('Relu', [x]), 'features', ['N', 4]);
  builder.output(builder.node('Unsqueeze', [x, builder.constantI64('axes', [2])]), 'sequence', ['N', 4, 6]);
  builder.output(builder.node('ArgMax', [x]), 'answer', ['N', 1], 'int64');
  builder.output(builder.node('Neg', [x]), 'class_scores', ['N', 4, 1, 1]);
  expect(namesOf(writeOnnx(builder.build()))).toEqual(['class_scores', 'features']);
});

test('an input that is also an initialiser need not be given', () => {
  const builder = new OnnxBuilder('old');
  const x = builder.input('x', ['N', 2]);
  const w = builder.initialiser('w', [2, 2], new Float32Array(4));
  builder.output(builder.node('MatMul', [x, w]), 'y', ['N', 2]);
  const graph = builder.build();
  const old = {
    ...graph,
    inputs: [...graph.inputs, { name: 'w', dtype: 'float32' as const, shape: [2, 2] }],
  };
  expect(openInputs(readModel(writeOnnx(old)).graph).map(({ name }) => name)).toEqual(['x']);
});

test('taps are the tensors that the samples reach, in order of depth', () => {
  const taps = tapCandidates(readModel(teacherModel()).graph, 'input').map(({ name }) => name);
  expect(taps).toEqual(['flatten_0', 'gemm_1', hiddenTensor, 'gemm_3', 'logits']);
  expect(tapCandidates(readModel(mapTeacher()).graph, 'input').map(({ name }) => name)).toContain('conv_0');
});

test('what does not depend on the samples is no tap', () => {
  const taps = tapCandidates(readModel(slowModel()).graph, 'input').map(({ name }) => name);
  expect(taps).not.toContain('nothing');
  expect(taps).toContain(hiddenTensor);
});

test('shapes, answers and comparisons are no hidden states', () => {
  const builder = new OnnxBuilder('odd');
  const x = builder.input('x', ['N', 4]);
  const size = builder.node('Shape', [x]);
  builder.node('Cast', [size], { to: 1 });
  builder.node('ArgMax', [x]);
  builder.output(builder.node('Relu', [x]), 'y', ['N', 4]);
  const taps = tapCandidates(readModel(writeOnnx(builder.build())).graph, 'x').map(({ name }) => name);
  expect(taps).toEqual(['relu_3', 'y']);
});
