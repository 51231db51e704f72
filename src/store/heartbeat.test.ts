/** The heartbeat of the engine's worker: one that hangs is ended, and one that nobody listened to for a while is not. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Command } from '../protocol/commands.ts';
import type { EngineEvent } from '../protocol/events.ts';
import { present } from './fakePage.ts';
import { presetSpec } from './state.ts';
import { WorkerEngine } from './workerEngine.ts';

class FakeWorker {
  static last: FakeWorker | null = null;
  onmessage: ((event: { data: EngineEvent }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  hangs = false;
  terminated = false;
  pings = 0;

  constructor() {
    FakeWorker.last = this;
  }

  postMessage(command: Command): void {
    if (command.type !== 'ping') return;
    this.pings += 1;
    if (!this.hangs) this.tell({ type: 'reply', id: command.id, reply: { kind: 'pong' } });
  }

  tell(data: EngineEvent): void {
    this.onmessage?.({ data });
  }

  terminate(): void {
    this.terminated = true;
  }
}

let heard: EngineEvent[] = [];
const codes = () => heard.flatMap((event) => (event.type === 'error' ? [event.detail.code] : []));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  vi.stubGlobal('Worker', FakeWorker);
  heard = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function opened(): { engine: WorkerEngine; worker: FakeWorker } {
  const engine = new WorkerEngine((event) => heard.push(event));
  return { engine, worker: present(FakeWorker.last, 'a worker') };
}

/** As a browser does with a tab in the background: one beat a minute. Or with a machine that slept for so long. */
function sleep(milliseconds: number): void {
  const now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now + milliseconds);
  vi.advanceTimersByTime(2_000);
  vi.mocked(performance.now).mockRestore();
}

test('a worker that answers lives on, and its pongs are nobody else’s affair', () => {
  const { worker } = opened();
  vi.advanceTimersByTime(120_000);
  expect(worker.pings).toBe(60);
  expect(heard).toEqual([]);
  expect(worker.terminated).toBe(false);
});

test('a worker that is silent for half a minute is ended, and the page hears of it once', () => {
  const { worker } = opened();
  worker.hangs = true;
  vi.advanceTimersByTime(28_000);
  expect(worker.terminated).toBe(false);
  vi.advanceTimersByTime(60_000);
  expect(worker.terminated).toBe(true);
  expect(codes()).toEqual(['engine-stopped']);
});

test('a page that was asleep or in the background does not take its own silence for that of the worker', () => {
  const { worker } = opened();
  vi.advanceTimersByTime(10_000);
  for (let i = 0; i < 5; i++) sleep(60_000);
  sleep(8 * 3_600_000);
  expect(codes()).toEqual([]);
  expect(worker.terminated).toBe(false);
});

test('a worker that prepares a run, or opens its teacher, may be silent for as long as that takes', () => {
  const { engine, worker } = opened();
  worker.hangs = true;
  const spec = presetSpec('two-moons-1');
  const teacher = { ...spec.teacher, delivery: 'live' } as typeof spec.teacher;
  engine.send({ type: 'load', spec: { ...spec, teacher }, files: [], resume: false });
  vi.advanceTimersByTime(300_000);
  worker.tell({ type: 'error', detail: { code: 'x', problem: 'x' }, of: 'set' });
  vi.advanceTimersByTime(300_000);
  worker.tell({ type: 'ready' } as EngineEvent);
  vi.advanceTimersByTime(300_000);
  expect(worker.terminated).toBe(false);
  worker.tell({ type: 'teacher' } as EngineEvent);
  vi.advanceTimersByTime(40_000);
  expect(worker.terminated).toBe(true);
});

test('a load that failed is prepared no longer', () => {
  const { engine, worker } = opened();
  worker.hangs = true;
  engine.send({ type: 'load', spec: presetSpec('two-moons-1'), files: [], resume: false });
  worker.tell({ type: 'error', detail: { code: 'x', problem: 'x' }, of: 'load' });
  vi.advanceTimersByTime(40_000);
  expect(worker.terminated).toBe(true);
});

test('an engine that was closed says nothing, and sends nothing more', () => {
  const { engine, worker } = opened();
  engine.close();
  engine.send({ type: 'play' });
  worker.onerror?.({ message: 'late' });
  vi.advanceTimersByTime(120_000);
  expect(worker.pings).toBe(0);
  expect(heard).toEqual([]);
});
