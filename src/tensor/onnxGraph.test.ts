import { expect, test } from 'vitest';
import { OnnxBuilder } from './onnxGraph.ts';

test('values get names that nothing else in the graph has', () => {
  const builder = new OnnxBuilder('g');
  const x = builder.input('x', ['N', 2]);
  const first = builder.node('Relu', [x]);
  const second = builder.node('Relu', [first]);
  const clash = builder.initialiser('x', [], Float32Array.of(1));
  expect(new Set([x, first, second, clash]).size).toBe(4);
});

test('the same constant under the same name is kept once, another one gets a name of its own', () => {
  const builder = new OnnxBuilder('g');
  const half = builder.initialiser('half', [], Float32Array.of(0.5));
  expect(builder.initialiser('half', [], Float32Array.of(0.5))).toBe(half);
  expect(builder.initialiser('half', [], Float32Array.of(0.25))).not.toBe(half);
  expect(builder.initialiser('half', [1], Float32Array.of(0.5))).not.toBe(half);
  expect(builder.build().initialisers).toHaveLength(3);
});

test('a constant that does not fill its shape is refused', () => {
  const builder = new OnnxBuilder('g');
  expect(() => builder.initialiser('w', [2, 2], new Float32Array(3))).toThrow(/3 numbers.*holds 4/);
});

test('an output has exactly the name that was asked for', () => {
  const builder = new OnnxBuilder('g');
  const x = builder.input('x', ['N', 2]);
  builder.output(builder.node('Relu', [x]), 'logits', ['N', 2]);
  const graph = builder.build();
  expect(graph.outputs.map(({ name }) => name)).toEqual(['logits']);
  expect(graph.nodes.at(-1)?.outputs).toEqual(['logits']);
});

test('data without a stated type have the type of their array', () => {
  const builder = new OnnxBuilder('g');
  builder.constantI64('shape', [0, -1]);
  builder.initialiser('half floats', [1], Uint16Array.of(0x3c00));
  expect(builder.build().initialisers.map(({ dtype }) => dtype)).toEqual(['int64', 'float16']);
});
