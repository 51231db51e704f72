import { InferenceSession, Tensor } from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { OnnxBuilder, type OnnxGraph } from '../tensor/onnxGraph.ts';
import { writeOnnx, writeOnnxExternal } from './onnxFile.ts';

type External = { path: string; data: Uint8Array<ArrayBuffer> }[];

async function run(graph: OnnxGraph, rows: readonly number[][], shape: readonly number[]): Promise<number[]> {
  return runFile(writeOnnx(graph), rows, shape);
}

async function runFile(
  bytes: Uint8Array<ArrayBuffer>,
  rows: readonly number[][],
  shape: readonly number[],
  externalData: External = [],
): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'], externalData });
  const input = new Tensor('float32', Float32Array.from(rows.flat()), [rows.length, ...shape]);
  const { y } = await session.run({ x: input });
  await session.release();
  if (y === undefined) throw new Error('no output y');
  expect(y.dims[0]).toBe(rows.length);
  return Array.from(y.data as Float32Array);
}

function expectClose(got: readonly number[], wanted: readonly number[]): void {
  expect(got).toHaveLength(wanted.length);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
  });
}

const rowsOf = (n: number, size: number) =>
  Array.from({ length: n }, (_, r) => Array.from({ length: size }, (_, c) => ((r * 7 + c * 5) % 11) / 4 - 1));
const mean = (numbers: readonly number[]) => numbers.reduce((sum, v) => sum + v, 0) / numbers.length;
const normalise = (numbers: readonly number[], epsilon: number) => {
  const middle = mean(numbers);
  const deviation = Math.sqrt(mean(numbers.map((v) => (v - middle) ** 2)) + epsilon);
  return numbers.map((v) => (v - middle) / deviation);
};

test.each([1, 7])('a dense layer with a ReLU computes max(0, x·W + b) at batch %i', async (n) => {
  const weight = [1, -2, 0.5, 3, -1, 2];
  const bias = [0.25, -0.5];
  const builder = new OnnxBuilder('dense');
  const x = builder.input('x', ['N', 3]);
  const w = builder.initialiser('w', [3, 2], Float32Array.from(weight));
  const b = builder.initialiser('b', [2], Float32Array.from(bias));
  builder.output(builder.node('Relu', [builder.node('Gemm', [x, w, b])]), 'y', ['N', 2]);
  const rows = rowsOf(n, 3);
  const wanted = rows.flatMap((row) =>
    bias.map((offset, j) =>
      Math.max(
        0,
        row.reduce((sum, v, k) => sum + v * (weight[k * 2 + j] ?? 0), offset),
      ),
    ),
  );
  expectClose(await run(builder.build(), rows, [3]), wanted);
});

test.each([1, 7])(
  'a padded 3×3 convolution computes the sum over its neighbourhood at batch %i',
  async (n) => {
    const builder = new OnnxBuilder('convolution');
    const x = builder.input('x', ['N', 1, 3, 3]);
    const kernel = [1, 0, -1, 2, 0.5, -2, 1, 0, -1];
    const w = builder.initialiser('w', [1, 1, 3, 3], Float32Array.from(kernel));
    const convolved = builder.node('Conv', [x, w], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
    builder.output(convolved, 'y', ['N', 1, 3, 3]);
    const rows = rowsOf(n, 9);
    const wanted = rows.flatMap((row) =>
      row.map((_, at) => {
        let sum = 0;
        for (let k = 0; k < 9; k++) {
          const i = Math.floor(at / 3) + Math.floor(k / 3) - 1;
          const j = (at % 3) + (k % 3) - 1;
          if (i >= 0 && i < 3 && j >= 0 && j < 3) sum += (kernel[k] ?? 0) * (row[i * 3 + j] ?? 0);
        }
        return sum;
      }),
    );
    expectClose(await run(builder.build(), rows, [1, 3, 3]), wanted);
  },
);

test.each([1, 7])(
  'a group normalisation, spelt by instance normalisation, is right at batch %i',
  async (n) => {
    const scale = [1, 2, 3, 4];
    const shift = [0, 1, -1, 0.5];
    const builder = new OnnxBuilder('group');
    const x = builder.input('x', ['N', 4, 2, 1]);
    const grouped = builder.node('Reshape', [x, builder.constantI64('groups', [0, 2, -1])]);
    const ones = builder.initialiser('ones', [2], Float32Array.of(1, 1));
    const zeros = builder.initialiser('zeros', [2], Float32Array.of(0, 0));
    const normal = builder.node('InstanceNormalization', [grouped, ones, zeros], {
      epsilon: { float: 1e-5 },
    });
    const back = builder.node('Reshape', [normal, builder.constantI64('map', [0, 4, 2, 1])]);
    const scaled = builder.node('Mul', [
      back,
      builder.initialiser('scale', [4, 1, 1], Float32Array.from(scale)),
    ]);
    const result = builder.node('Add', [
      scaled,
      builder.initialiser('shift', [4, 1, 1], Float32Array.from(shift)),
    ]);
    builder.output(result, 'y', ['N', 4, 2, 1]);
    const rows = rowsOf(n, 8);
    const wanted = rows.flatMap((row) =>
      [0, 4].flatMap((start) => {
        const group = normalise(row.slice(start, start + 4), 1e-5);
        return group.map((v, i) => {
          const channel = (start + i) >> 1;
          return v * (scale[channel] ?? 0) + (shift[channel] ?? 0);
        });
      }),
    );
    expectClose(await run(builder.build(), rows, [4, 2, 1]), wanted);
  },
);

test.each([1, 7])('a layer normalisation is right at batch %i', async (n) => {
  const scale = [1, 2, 3, 4, 5];
  const shift = [0.5, 0, 0, 0, -0.5];
  const builder = new OnnxBuilder('layer');
  const x = builder.input('x', ['N', 5]);
  const operands = [x, builder.initialiser('s', [5], Float32Array.from(scale))];
  operands.push(builder.initialiser('o', [5], Float32Array.from(shift)));
  const epsilon = { float: 1e-5 };
  builder.output(builder.node('LayerNormalization', operands, { axis: -1, epsilon }), 'y', ['N', 5]);
  const rows = rowsOf(n, 5);
  const wanted = rows.flatMap((row) =>
    normalise(row, 1e-5).map((v, i) => v * (scale[i] ?? 0) + (shift[i] ?? 0)),
  );
  expectClose(await run(builder.build(), rows, [5]), wanted);
});

test.each([1, 7])('an exact GELU, spelt by Erf, has the published values at batch %i', async (n) => {
  const builder = new OnnxBuilder('gelu');
  const x = builder.input('x', ['N', 3]);
  const half = builder.initialiser('half', [], Float32Array.of(0.5));
  const one = builder.initialiser('one', [], Float32Array.of(1));
  const scale = builder.initialiser('scale', [], Float32Array.of(Math.SQRT1_2));
  const phi = builder.node('Add', [builder.node('Erf', [builder.node('Mul', [x, scale])]), one]);
  builder.output(builder.node('Mul', [builder.node('Mul', [x, half]), phi]), 'y', ['N', 3]);
  const rows = Array.from({ length: n }, () => [-1, 0, 2]);
  // x·Φ(x), with Φ(1) = 0.8413447 and Φ(2) = 0.9772499.
  const wanted = rows.flatMap(() => [-0.1586553, 0, 1.9544997]);
  expectClose(await run(builder.build(), rows, [3]), wanted);
});

test('a loop with a body graph runs as often as it says', async () => {
  const body = new OnnxBuilder('body');
  body.input('i', [], 'int64');
  const go = body.input('go', [], 'bool');
  const carried = body.input('carried', ['N', 2]);
  body.output(go, 'go_on', [], 'bool');
  body.output(body.node('Add', [carried, carried]), 'twice', ['N', 2]);
  const builder = new OnnxBuilder('loop');
  const x = builder.input('x', ['N', 2]);
  const trips = builder.initialiser('trips', [], BigInt64Array.of(5n));
  const always = builder.initialiser('always', [], Uint8Array.of(1), 'bool');
  builder.output(builder.node('Loop', [trips, always, x], { body: { graph: body.build() } }), 'y', ['N', 2]);
  expect(await run(builder.build(), [[1, -3]], [2])).toEqual([32, -96]);
});

function dense(): OnnxGraph {
  const builder = new OnnxBuilder('dense');
  const x = builder.input('x', ['N', 2]);
  const w = builder.initialiser('w', [2, 2], Float32Array.of(1, 2, 3, 4));
  const b = builder.initialiser('b', [2], Float32Array.of(10, 20));
  builder.output(builder.node('Gemm', [x, w, b]), 'y', ['N', 2]);
  builder.metadata('input scaling', 'inside');
  return builder.build();
}

test('tensors may lie in a file beside the model', async () => {
  const { model, data } = writeOnnxExternal(dense(), 'dense.onnx.data');
  expect(data.byteLength).toBe(6 * 4);
  const external = [{ path: 'dense.onnx.data', data }];
  expect(await runFile(model, [[1, 1]], [2], external)).toEqual([14, 26]);
});

test('metadata travel in the file', () => {
  const text = new TextDecoder().decode(writeOnnx(dense()));
  expect(text).toContain('input scaling');
  expect(text).toContain('inside');
});

test('the same graph is written as the same bytes', () => {
  expect(writeOnnx(dense())).toEqual(writeOnnx(dense()));
});

test('a real number given as a whole attribute is refused, not rounded', () => {
  const builder = new OnnxBuilder('g');
  const x = builder.input('x', ['N']);
  builder.output(builder.node('LeakyRelu', [x], { alpha: 0.01 }), 'y', ['N']);
  expect(() => writeOnnx(builder.build())).toThrow(/alpha is 0.01/);
});
