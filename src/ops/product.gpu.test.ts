// A product as a GPU does it, with a long sum in parts: forced here on whatever adapter there is.
import { afterAll, expect, test } from 'vitest';
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { randomFloats } from '../kernels/checkKernel.ts';
import type { Executor, Placement } from '../tensor/executor.ts';
import { plan } from '../tensor/plan.ts';
import type { Slot } from '../tensor/program.ts';
import { compileGradient } from './compile.ts';
import { embedding } from './embedding.ts';
import { linear } from './linear.ts';
import { emitProduct } from './product.ts';
import { Recorder } from './recorder.ts';
import { Tape } from './tape.ts';

const gpu = await openNodeExecutor();
afterAll(() => {
  gpu.dispose();
  releaseNodeGpu();
});

const [m, n, k] = [33, 20, 2100];
const params = { m, n, k, transposeB: false, epilogue: 'bias_relu', accumulate: false } as const;

async function product(executor: Executor, software: boolean) {
  const options = { batch: 1, training: true, software, accumulate: false, fixed: new Map<number, string>() };
  const recorder = new Recorder(new Tape(2 ** 20), options);
  const lengths = { a: m * k, b: k * n, bias: n, y: m * n };
  const slots = Object.entries(lengths).map(([name, length]): Slot => ({ name, dtype: 'f32', length }));
  const window = (slot: keyof typeof lengths) => ({ slot, offset: 0, length: lengths[slot] });
  emitProduct(recorder, params, [window('a'), window('b'), window('bias'), window('y')]);
  const { program } = plan('product', recorder.calls, recorder.tensors, slots);
  const storages = program.slots.map(({ name, dtype, length }, i) => {
    const storage = executor.allocate(name, dtype, length);
    executor.write(storage, randomFloats(length, i));
    return storage;
  });
  const y = storages[3];
  if (y === undefined) throw new Error('no y');
  await executor.prepare([program]);
  const placements = new Map(storages.map((storage): [string, Placement] => [storage.label, { storage }]));
  executor.run([executor.bind(program, placements)]);
  const found = executor.kind === 'reference' ? numbersOf(y).slice() : await executor.read(y);
  for (const storage of storages) storage.dispose();
  return { found: Array.from(found), names: program.calls.map(({ kernel }) => kernel.name) };
}

test('a long sum in parts is the product within 1e-5, and repeats to the bit', async () => {
  const wanted = await product(new ReferenceExecutor('float64'), true);
  const parts = await product(gpu, false);
  expect([wanted.names, parts.names]).toEqual([['matmul'], ['matmul_split', 'matmul_sum']]);
  const norm = (numbers: readonly number[]) => Math.hypot(...numbers);
  const off = norm(parts.found.map((value, i) => value - (wanted.found[i] ?? Number.NaN)));
  expect(off / norm(wanted.found)).toBeLessThan(1e-5);
  expect((await product(gpu, false)).found).toEqual(parts.found);
});

test('a GPU cuts the gradient of the input of every chunk of a large head, and a CPU none', () => {
  const [positions, classes, width] = [128, 49_152, 256];
  const tape = new Tape(2 ** 27);
  const input = tape.value([positions]);
  const { output, table } = embedding(tape, input, { vocabulary: classes, width });
  const logits = linear(tape, output, { outputs: classes, activation: 'none', bias: false, tied: table });
  const hidden = { pairs: [], balance: false };
  const model = { tape, input, inputDtype: 'u32' as const, positions, logits, layers: [], hidden };
  const cut = (software: boolean) => {
    const { program } = compileGradient(model, ['forward_kl'], { batch: 8, software, accumulate: false });
    return program.calls.filter(({ kernel }) => /^matmul_(split|sum)$/.test(kernel.name)).length;
  };
  expect([cut(true), cut(false)]).toEqual([0, 2 * 8]);
});
