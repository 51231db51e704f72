import { expect, test } from 'vitest';
import { StillroomError } from '../spec/errors.ts';
import { type Candidate, faster, quicker } from './liveTeacher.ts';

interface Fake extends Candidate {
  disposed: number;
}

function fake(milliseconds: number): Fake {
  const candidate: Fake = {
    milliseconds,
    remark: 'fast enough',
    disposed: 0,
    answer: () => Promise.resolve(),
    dispose: () => {
      candidate.disposed += 1;
    },
  };
  return candidate;
}

const opens = (one: Candidate) => () => Promise.resolve(one);
/** A GPU whose runtime is there and whose session opens so. */
const loads = (open: () => Promise<Candidate>) => () => Promise.resolve(open);
const fails = (code: string) => () =>
  Promise.reject(new StillroomError({ code, problem: `It is ${code}`, got: 'Loop' }));
const noDeadline = Number.POSITIVE_INFINITY;

test('the faster one is chosen, and both figures are told', () => {
  expect(faster({ milliseconds: 3.14 }, { milliseconds: 8.42 }, 'remark')).toEqual({
    name: 'wasm',
    reason: 'measured faster here: 3.1 ms a batch against 8.4 on the GPU',
  });
  expect(faster({ milliseconds: 120.4 }, { milliseconds: 0.26 }, 'its answers stay')).toEqual({
    name: 'gpu',
    reason: 'measured faster here: 0.3 ms a batch against 120 on the processor; its answers stay',
  });
});

test('of two that are as fast the GPU is chosen, whose answers need not be moved', () => {
  expect(faster({ milliseconds: 4 }, { milliseconds: 4 }).name).toBe('gpu');
});

test('one that does not open leaves the other, with the reason', () => {
  expect(faster({ milliseconds: 900 }, { failed: 'no such operator' })).toEqual({
    name: 'wasm',
    reason: 'the GPU did not take it: no such operator',
  });
  expect(faster({ failed: 'out of memory' }, { milliseconds: 900 })).toEqual({
    name: 'gpu',
    reason: 'the processor did not take it: out of memory',
  });
});

test('the slower of two that opened is disposed of, and the faster is not', async () => {
  for (const [wasmMs, gpuMs, name] of [
    [2, 5, 'wasm'],
    [5, 2, 'gpu'],
  ] as const) {
    const [wasm, gpu] = [fake(wasmMs), fake(gpuMs)];
    const chosen = await quicker(opens(wasm), loads(opens(gpu)), noDeadline);
    expect(chosen).toMatchObject({ provider: { name }, milliseconds: 2 });
    expect([wasm.disposed, gpu.disposed]).toEqual(name === 'wasm' ? [0, 1] : [1, 0]);
  }
});

test('where the GPU refuses the model the processor answers, and the refusal is told', async () => {
  const wasm = fake(50);
  const chosen = await quicker(opens(wasm), loads(fails('onnx-refused')), noDeadline);
  expect(chosen.provider).toEqual({
    name: 'wasm',
    reason: 'the GPU did not take it: It is onnx-refused (Loop)',
  });
  expect(wasm.disposed).toBe(0);
});

test('where the runtime for the GPU does not load the processor answers', async () => {
  const chosen = await quicker(opens(fake(50)), fails('onnx-runtime-missing'), noDeadline);
  expect(chosen.provider.name).toBe('wasm');
});

test('where neither opens the error is the processor\u2019s', async () => {
  const both = quicker(fails('onnx-input-shape'), loads(fails('onnx-refused')), noDeadline);
  await expect(both).rejects.toMatchObject({ code: 'onnx-input-shape' });
});

test('a device that is lost in the trial is no choice: the error comes out, and the other is disposed of', async () => {
  const wasm = fake(50);
  const choice = quicker(opens(wasm), loads(fails('device-lost')), noDeadline);
  await expect(choice).rejects.toMatchObject({ code: 'device-lost' });
  expect(wasm.disposed).toBe(1);
});

test('a GPU past its deadline is not waited for, and is disposed of when it comes', async () => {
  const late = fake(1);
  let arrive: (one: Candidate) => void = () => undefined;
  const opening = new Promise<Candidate>((resolve) => {
    arrive = resolve;
  });
  const chosen = await quicker(
    opens(fake(50)),
    loads(() => opening),
    5,
  );
  expect(chosen.provider).toMatchObject({ name: 'wasm', reason: expect.stringContaining('in time') });
  expect(late.disposed).toBe(0);
  arrive(late);
  await opening;
  await Promise.resolve();
  expect(late.disposed).toBe(1);
});
