// Runs that are held back go in one submit, with the writes between them in their place; what is read, waited for or disposed
// of makes them go before.
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { add } from '../kernels/add.ts';
import type { Storage } from '../tensor/executor.ts';
import { call, type Program, type Slot, whole } from '../tensor/program.ts';
import { FakeMemory } from './fakeMemory.ts';
import { openNodeExecutor, releaseNodeGpu } from './node.ts';

const executor = await openNodeExecutor();
const memory = new FakeMemory(executor.device);
const submit = vi.spyOn(executor.device.queue, 'submit');
afterEach(() => {
  executor.holds = false;
  executor.dispatchesPerSubmit = Number.POSITIVE_INFINITY;
});
afterAll(() => {
  executor.dispose();
  releaseNodeGpu();
});

/** y + x → y, over `length` numbers; y of zeros and x of ones. */
async function adding(length: number) {
  const slots = ['x', 'y'].map((name): Slot => ({ name, dtype: 'f32', length }));
  const program: Program = { name: 'add', slots, calls: [call(add, { length }, slots.map(whole))] };
  await executor.prepare([program]);
  const [x, y] = slots.map(({ name }) => executor.allocate(name, 'f32', length)) as [Storage, Storage];
  executor.write(x, new Float32Array(length).fill(1));
  const bound = executor.bind(program, new Map([x, y].map((storage) => [storage.label, { storage }])));
  submit.mockClear();
  const run = (value?: number) => {
    if (value !== undefined) executor.write(x, new Float32Array(length).fill(value));
    executor.run([bound]);
  };
  const dispose = () => {
    for (const storage of [x, y]) storage.dispose();
  };
  return { x, y, run, dispose };
}

/** Seven runs with other numbers each: their sum is 1,234,567. */
const values = [1_000_000, 200_000, 30_000, 4_000, 500, 60, 7];

test.each([
  ['few numbers', 64, 1],
  // 40 KB each: every other one finds no room.
  ['many numbers', 10_000, 4],
  ['more numbers than there is room for', 20_000, 7],
])(
  'runs and writes of %s between them keep their order, in as few submits as can be',
  async (_, length, submits) => {
    const { y, run, dispose } = await adding(length);
    executor.holds = true;
    for (const value of values) run(value);
    expect(submit).toHaveBeenCalledTimes(submits - 1);
    await executor.settled();
    expect(submit).toHaveBeenCalledTimes(submits);
    expect(await executor.read(y)).toEqual(new Float32Array(length).fill(1_234_567));
    dispose();
  },
);

test('without holding each run is a submit of its own', async () => {
  const { y, run, dispose } = await adding(64);
  for (const value of values) run(value);
  expect(submit).toHaveBeenCalledTimes(values.length);
  expect(await executor.read(y)).toEqual(new Float32Array(64).fill(1_234_567));
  dispose();
});

test('held runs are cut where submits are to be short', async () => {
  const { y, run, dispose } = await adding(64);
  [executor.holds, executor.dispatchesPerSubmit] = [true, 3];
  for (const value of values) run(value);
  await executor.settled();
  expect(submit).toHaveBeenCalledTimes(3);
  expect(await executor.read(y)).toEqual(new Float32Array(64).fill(1_234_567));
  dispose();
});

test('what was recorded goes before what it uses is disposed of, and nothing is left behind', async () => {
  const { x, y, run } = await adding(64);
  executor.holds = true;
  for (const value of values) run(value);
  x.dispose();
  expect(await executor.read(y)).toEqual(new Float32Array(64).fill(1_234_567));
  await executor.settled();
  y.dispose();
  expect([...memory.live.values()]).toEqual([]);
});

test('what was held goes when nothing is held any longer', async () => {
  const { y, run, dispose } = await adding(64);
  executor.holds = true;
  run(5);
  executor.holds = false;
  expect(submit).toHaveBeenCalledTimes(1);
  run(6);
  expect(submit).toHaveBeenCalledTimes(2);
  expect(await executor.read(y)).toEqual(new Float32Array(64).fill(11));
  dispose();
});

test('readings of one moment go together, behind what was held, and see nothing that comes later', async () => {
  const { x, y, run, dispose } = await adding(64);
  const read = () => Promise.all([executor.read(x), executor.read(y), executor.read(y, 0, 2)]);
  // Buffers to read into are made at the first time.
  await read();
  submit.mockClear();
  executor.holds = true;
  run(5);
  const reading = read();
  executor.write(x, new Float32Array(64).fill(9));
  expect(await reading).toEqual([
    new Float32Array(64).fill(5),
    new Float32Array(64).fill(5),
    Float32Array.of(5, 5),
  ]);
  expect(submit).toHaveBeenCalledTimes(1);
  expect(await executor.read(x)).toEqual(new Float32Array(64).fill(9));
  dispose();
});
