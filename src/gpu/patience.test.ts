// How Dawn is asked for news in Node: what waits leaves the processor to who computes, and other users of setImmediate see no
// difference.
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { askPatiently, askWithoutPause } from './patience.ts';

askPatiently();

test('who asks again and again from native code, as Dawn does, is soon put off by a millisecond each time', async () => {
  const pauses = vi.spyOn(globalThis, 'setTimeout');
  let late = 0;
  await new Promise<void>((resolve) => {
    // A bound function is native to whoever looks at it.
    const ask = () => {
      if (pauses.mock.calls.length > 0) late += 1;
      if (late === 3) resolve();
      else setImmediate(ask.bind(null));
    };
    setImmediate(ask.bind(null));
  });
  expect(pauses).toHaveBeenCalledTimes(3);
  expect(pauses).toHaveBeenLastCalledWith(expect.any(Function), 1, expect.any(Function));
  pauses.mockRestore();
});

test('any other callback comes with its arguments, and can be cleared and promised', async () => {
  const seen: unknown[] = [];
  setImmediate((...all: unknown[]) => seen.push(...all), 1, 'two');
  clearImmediate(setImmediate(() => seen.push('cleared')));
  expect(await promisify(setImmediate)('promised')).toBe('promised');
  expect(seen).toEqual([1, 'two']);
});

test('who times a GPU is answered without a pause', async () => {
  askWithoutPause();
  const pauses = vi.spyOn(globalThis, 'setTimeout');
  const start = performance.now();
  await new Promise<void>((resolve) => {
    const ask = () => {
      if (performance.now() - start > 10) resolve();
      else setImmediate(ask.bind(null));
    };
    setImmediate(ask.bind(null));
  });
  expect(pauses).not.toHaveBeenCalled();
  pauses.mockRestore();
});
