/** The lock between tabs: what is done under it is done once, whatever becomes of the lock. */
import { afterEach, expect, test, vi } from 'vitest';
import { aloneOfTabs } from './opfsFiles.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

type Request = (name: string, options: object, work: () => Promise<unknown>) => Promise<unknown>;

function withLocks(request?: Request): void {
  vi.stubGlobal('navigator', request === undefined ? {} : { locks: { request } });
}

test.each([
  ['no locks', undefined],
  ['a lock that is free', (_: string, __: object, work: () => Promise<unknown>) => work()],
  ['a lock that never comes free', () => Promise.reject(new DOMException('waited', 'TimeoutError'))],
] as const)('with %s the work is done', async (_, request) => {
  withLocks(request);
  const work = vi.fn(() => Promise.resolve(7));
  expect(await aloneOfTabs(work)).toBe(7);
  expect(work).toHaveBeenCalledOnce();
});

test('work that fails under a lock is not done again', async () => {
  withLocks((_, __, work) => work());
  const work = vi.fn(() => Promise.reject(new Error('disk full')));
  await expect(aloneOfTabs(work)).rejects.toThrow('disk full');
  expect(work).toHaveBeenCalledOnce();
});
