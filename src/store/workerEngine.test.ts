/** What is said of an engine's worker that ended: one that never came has nothing to go on from. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EngineEvent } from '../protocol/events.ts';
import { WorkerEngine } from './workerEngine.ts';

class FakeWorker {
  static newest: FakeWorker;
  onmessage: (message: { readonly data: EngineEvent }) => void = () => undefined;
  onerror: (event: { readonly message?: string }) => void = () => undefined;
  constructor() {
    FakeWorker.newest = this;
  }
  postMessage(): void {}
  terminate(): void {}
}

beforeEach(() => {
  vi.stubGlobal('Worker', FakeWorker);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The errors that are told when the worker fails after it said these. */
function failedAfter(said: readonly EngineEvent[]) {
  const told: EngineEvent[] = [];
  new WorkerEngine((event) => told.push(event));
  for (const data of said) FakeWorker.newest.onmessage({ data });
  FakeWorker.newest.onerror({});
  return told.flatMap((event) => (event.type === 'error' ? [event.detail] : []));
}

test('an engine that stops after it had begun goes on from its checkpoint', () => {
  const [detail, ...others] = failedAfter([
    { type: 'state', state: 'playing', step: 10, samplesPerSecond: 0 },
  ]);
  expect(others).toEqual([]);
  expect(detail).toMatchObject({ code: 'engine-stopped', remedy: expect.stringContaining('checkpoint') });
});

test('an engine whose script did not load promises no checkpoint, and says what to do', () => {
  const [detail, ...others] = failedAfter([]);
  expect(others).toEqual([]);
  expect(detail).toMatchObject({ code: 'engine-stopped', problem: 'The engine did not load' });
  expect(detail?.remedy).toMatch(/Check the connection.*reload/);
});
