import { expect, test } from 'vitest';
import { brokenModel, externalTeacher, slowModel, teacherModel, textModel } from '../../../e2e/models.ts';
import { StillroomError } from '../../spec/errors.ts';
import { append } from './appended.ts';
import { readModel } from './modelFile.ts';

test('inputs, outputs, nodes and tensors are read as they were written', () => {
  const { graph, opsets } = readModel(teacherModel({ hidden: 12 }));
  expect(graph.inputs).toEqual([{ name: 'input', dtype: 'float32', shape: ['batch', 1, 28, 28] }]);
  expect(graph.outputs).toEqual([{ name: 'logits', dtype: 'float32', shape: ['batch', 10] }]);
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Flatten', 'Gemm', 'Relu', 'Gemm', 'Identity']);
  expect(graph.tensors.map(({ name, shape }) => [name, ...shape])).toEqual([
    ['w1', 784, 12],
    ['b1', 12],
    ['w2', 12, 10],
    ['b2', 10],
  ]);
  expect(graph.tensors[1]?.raw).toHaveLength(48);
  expect(opsets.get('')).toBe(17);
});

test('a tensor in another file says where it lies', () => {
  const { graph } = readModel(externalTeacher('w.data', { hidden: 12 }).model);
  const places = graph.tensors.map(({ external }) => external);
  expect(places[0]).toEqual({ location: 'w.data', offset: 0, length: 784 * 12 * 4 });
  expect(places[1]?.offset).toBe(784 * 12 * 4);
  expect(graph.tensors[0]?.raw).toBeNull();
});

test('the body of a loop is read with its own nodes', () => {
  const { graph } = readModel(slowModel());
  const loop = graph.nodes.find(({ op }) => op === 'Loop');
  expect(loop?.bodies[0]?.nodes.map(({ op }) => op)).toContain('Mul');
});

test('what was appended to a file belongs to its graph', () => {
  const { graph } = readModel(append(teacherModel(), { outputs: ['relu_2'] }));
  expect(graph.outputs.map(({ name }) => name)).toEqual(['logits', 'relu_2']);
});

test.each([
  ['half a file', brokenModel()],
  ['a web page', textModel()],
  ['nothing', new Uint8Array()],
  ['zeros', new Uint8Array(100)],
  ['graphs nested without end', nested(200)],
])('%s is no model', (_, bytes) => {
  expect(() => readModel(bytes)).toThrow(StillroomError);
  expect(() => readModel(bytes)).toThrow(/not an ONNX model/);
});

/** A node whose attribute holds a graph whose node holds … */
function nested(depth: number): Uint8Array {
  let graph: number[] = [];
  for (let i = 0; i < depth; i++) graph = field(1, field(5, field(6, graph)));
  return Uint8Array.from(field(7, graph));
}

function field(number: number, body: readonly number[]): number[] {
  const length: number[] = [];
  for (let rest = body.length; ; rest >>>= 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) break;
  }
  return [(number << 3) | 2, ...length, ...body];
}
