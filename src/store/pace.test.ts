// How long a run will take is told from the last one of its kind in this browser, and from nothing else.
import { beforeEach, expect, test, vi } from 'vitest';
import type { RunSpec } from '../spec/runSpec.ts';
import { factsOf } from './fakePage.ts';
import { expectedSeconds, keepPace } from './pace.ts';
import { newRun } from './run.ts';
import { type AppStore, changeRun, createAppStore, presetSpec } from './state.ts';

const spec = presetSpec('two-moons-1');
const { steps } = spec.training;

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
});

/** A page with a live run that is ready, and a clock that moves when told. */
async function livePage(of: RunSpec = spec, origin: 'live' | 'recording' = 'live') {
  const store: AppStore = createAppStore();
  const { facts } = await factsOf(of);
  const run = { ...newRun({ id: 'a', name: 'a', origin, presetId: 'two-moons-1', spec: of }), facts };
  store.setState({ runs: [run], currentId: 'a' });
  let time = 1000;
  keepPace(store, () => time);
  const go = (step: number, state: 'playing' | 'paused' | 'finished', seconds: number) => {
    time += 1000 * seconds;
    changeRun(store, 'a', { step, state });
  };
  return { store, go };
}

test('nothing is told before a run', () => {
  expect(expectedSeconds(spec)).toBeNull();
});

test('a run that was played to its end tells its own time, and a longer one’s in proportion', async () => {
  const { go } = await livePage();
  go(0, 'playing', 0);
  go(500, 'playing', 4);
  go(steps, 'finished', 8);
  expect(expectedSeconds(spec)).toBeCloseTo(12, 6);
  const longer = { ...spec, seed: 9, training: { ...spec.training, steps: 2 * steps } };
  expect(expectedSeconds(longer)).toBeCloseTo(24, 6);
  // The same settings, written in another order.
  const [{ kind, ...rest }] = [spec.student];
  expect(expectedSeconds({ ...spec, student: { ...rest, kind } as RunSpec['student'] })).toBeCloseTo(12, 6);
});

test('time that it stood still does not count, and of a few steps nothing is told', async () => {
  const { go } = await livePage();
  go(0, 'playing', 0);
  go(10, 'paused', 5);
  expect(expectedSeconds(spec)).toBeNull();
  go(10, 'playing', 100);
  go(10 + steps / 2, 'paused', 3);
  expect(expectedSeconds(spec)).toBeCloseTo(6, 6);
});

test('another student, a recording and a repetition under other seeds tell nothing of it', async () => {
  const { go } = await livePage();
  go(0, 'playing', 0);
  go(steps, 'finished', 12);
  const student: RunSpec['student'] = {
    kind: 'mlp',
    hidden: [64, 64],
    activation: 'tanh',
    norm: 'none',
    dropout: 0,
  };
  expect(expectedSeconds({ ...spec, student })).toBeNull();
  expect(expectedSeconds({ ...spec, arms: [{ kind: 'distilled' }] })).toBeNull();
  const other = { ...spec, student };
  const recorded = await livePage(other, 'recording');
  recorded.go(0, 'playing', 0);
  recorded.go(steps, 'finished', 12);
  expect(expectedSeconds(other)).toBeNull();
});

test('what is no pace in the storage is not read', async () => {
  localStorage.setItem('stillroom.pace', '[["x",-1],3,{"a":1}]');
  expect(expectedSeconds(spec)).toBeNull();
  localStorage.setItem('stillroom.pace', '{');
  expect(expectedSeconds(spec)).toBeNull();
});
