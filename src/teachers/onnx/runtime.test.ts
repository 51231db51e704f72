import { expect, test, vi } from 'vitest';
import { messageOf, withDeadline } from './runtime.ts';

/** A fresh copy, because a missed deadline spoils the module for good. */
async function fresh() {
  vi.resetModules();
  return import('./runtime.ts');
}

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test('calls run one after the other, in the order in which they were made', async () => {
  const { exclusive } = await fresh();
  const log: string[] = [];
  const call = (name: string, ms: number) =>
    exclusive(async () => {
      log.push(`${name} begins`);
      await after(ms);
      log.push(`${name} ends`);
    }, 5_000);
  await Promise.all([call('first', 30), call('second', 1)]);
  expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});

test('a call that fails does not hold up the next', async () => {
  const { exclusive } = await fresh();
  const failing = exclusive(() => Promise.reject(new Error('no')), 5_000);
  await expect(failing).rejects.toThrow('no');
  await expect(exclusive(() => Promise.resolve(7), 5_000)).resolves.toBe(7);
});

test('time spent waiting for others does not count towards a deadline', async () => {
  const { exclusive } = await fresh();
  const long = exclusive(() => after(80), 5_000);
  const short = exclusive(() => after(1), 40);
  await expect(Promise.all([long, short])).resolves.toBeDefined();
});

test('after a call that never ends, it and every later one are refused', async () => {
  const { exclusive } = await fresh();
  await expect(exclusive(() => new Promise(() => {}), 20)).rejects.toMatchObject({
    code: 'teacher-deadline',
  });
  await expect(exclusive(() => Promise.resolve(1), 20)).rejects.toMatchObject({ code: 'onnx-runtime-stuck' });
});

test('a thread keeps the build that it loaded first', async () => {
  const { loadRuntime } = await fresh();
  const ort = await loadRuntime('cpu');
  expect(await loadRuntime('cpu')).toBe(ort);
  expect(ort.env.wasm.numThreads).toBe(1);
  await expect(loadRuntime('gpu')).rejects.toThrow(/has the cpu build/);
});

test('an error of the work itself comes through before the deadline', async () => {
  await expect(withDeadline(Promise.reject(new Error('inside')), 1_000)).rejects.toThrow('inside');
});

test('of a long message the first line is shown', () => {
  expect(messageOf(new Error('short\nand a stack'))).toBe('short');
  expect(messageOf('x'.repeat(999))).toHaveLength(300);
});
