/** What each event of an engine does to the state, to the run's log and to what is said aloud. */
import { describe, expect, test } from 'vitest';
import type { EngineEvent } from '../protocol/events.ts';
import { errorOf, factsOf, noticesOf, present } from './fakePage.ts';
import { receive } from './receive.ts';
import { newRun } from './run.ts';
import { createAppStore, currentRun, presetSpec } from './state.ts';

const spec = presetSpec('two-moons-1');

/** A store with one run, and an ear for events about it. */
async function listening(origin: 'live' | 'recording' = 'live') {
  const store = createAppStore();
  const { facts, arms } = await factsOf(spec);
  const run = newRun({ id: 'a', name: 'quiet cordial', origin, presetId: 'two-moons-1', spec });
  store.setState({ runs: [run], currentId: 'a', activity: 'preparing' });
  return {
    ...{ store, facts, arms },
    hear: (event: EngineEvent) => receive(store, 'a', event),
    get run() {
      return present(currentRun(store.getState()), 'a current run');
    },
    evaluate: (...steps: number[]) => {
      for (const step of steps) receive(store, 'a', { type: 'evaluation', step, arms });
    },
    rows: (first: number, count: number) => {
      const steps = Uint32Array.from({ length: count }, (_, i) => first + i);
      const values = arms.map(() => new Float32Array(32 * count));
      receive(store, 'a', { type: 'metrics', steps, values });
    },
  };
}

function state(now: 'paused' | 'playing' | 'finished', step: number): EngineEvent {
  return { type: 'state', state: now, step, samplesPerSecond: 5_000 };
}

function replicate(index: number, finished: boolean): EngineEvent {
  return {
    ...{ type: 'replicate', index, count: 2, seed: 1 + index, step: finished ? 100 : 50, total: 100 },
    ...{ finished, arms: [], steps: [50], curves: [[0.5]] },
  };
}

describe('a run that is prepared', () => {
  test('tells how far it is, and is ready with its facts and its events', async () => {
    const page = await listening();
    page.hear({ type: 'progress', stage: 'download', done: 1, total: 4 });
    expect(page.store.getState().progress).toEqual({ stage: 'download', done: 1, total: 4 });
    const events = [{ step: 5, path: 'objective.mix', value: 0.5 }];
    const facts = { ...page.facts, spec: { ...spec, events } };
    page.hear({ type: 'ready', facts, step: 0 });
    expect(page.store.getState()).toMatchObject({ activity: 'idle', progress: null });
    expect(page.run).toMatchObject({ facts, step: 0, spec: { events: [] } });
    expect(page.run.log.events).toEqual(events);
    expect(page.store.getState().announcement).toMatchObject({ kind: 'ready' });
  });

  test('shows no progress of a teacher that was opened for an answer, once the answer is there', async () => {
    const page = await listening();
    const progress = { type: 'progress', stage: 'teacher', done: 1, total: 1 } as const;
    const reply = { type: 'reply', id: 9, reply: { kind: 'pong' } } as const;
    for (const event of [reply, state('paused', 0)]) {
      page.store.setState({ activity: 'preparing' });
      page.hear(progress);
      page.hear(event);
      expect(page.store.getState().progress).not.toBeNull();
      page.store.setState({ activity: 'idle' });
      page.hear(event);
      expect(page.store.getState().progress).toBeNull();
    }
  });

  test('from a checkpoint keeps its log up to there, and nothing after it', async () => {
    const page = await listening();
    page.evaluate(0, 50, 100);
    page.rows(0, 100);
    page.hear({ type: 'setting', event: { step: 20, path: 'objective.mix', value: 0.5 } });
    page.hear({ type: 'setting', event: { step: 80, path: 'objective.mix', value: 0.7 } });
    page.hear({ type: 'ready', facts: page.facts, step: 50 });
    expect(page.run.log.evaluations.map(({ step }) => step)).toEqual([0, 50]);
    expect(page.run.log.events.map(({ step }) => step)).toEqual([20]);
    expect(Math.max(...page.run.log.rows.steps)).toBeLessThanOrEqual(50);
  });

  test('from step 0 begins an empty log', async () => {
    const page = await listening();
    page.evaluate(0, 50);
    page.hear({ type: 'setting', event: { step: 0, path: 'objective.mix', value: 0.5 } });
    page.hear({ type: 'ready', facts: page.facts, step: 0 });
    expect(page.run.log.isEmpty).toBe(true);
    expect(page.run.log.events).toEqual([]);
  });
});

describe('a run that goes on', () => {
  test('says aloud when its state changes, and not at each report', async () => {
    const page = await listening();
    page.hear(state('playing', 1));
    const said = page.store.getState().announcement;
    expect(said).toMatchObject({ kind: 'playing', step: 1 });
    page.hear(state('playing', 2));
    expect(page.store.getState().announcement).toBe(said);
    page.hear(state('finished', 100));
    expect(page.store.getState().announcement).toMatchObject({ kind: 'finished', step: 100 });
    expect(page.run).toMatchObject({ state: 'finished', step: 100 });
    expect(page.store.getState().samplesPerSecond).toBe(5_000);
  });

  test('forgets what came after a step that it went back to', async () => {
    const page = await listening();
    page.hear(state('playing', 0));
    page.rows(0, 60);
    page.evaluate(0, 50);
    page.hear(state('playing', 60));
    page.hear(state('paused', 0));
    expect(page.run.log.isEmpty).toBe(true);
  });

  test('keeps a live setting, and drops what a replay would have set after it', async () => {
    const page = await listening();
    const later = [10, 20].map((step) => ({ step, path: 'objective.mix', value: 0.5 }));
    page.hear({ type: 'ready', facts: { ...page.facts, spec: { ...spec, events: later } }, step: 0 });
    page.hear({ type: 'setting', event: { step: 15, path: 'objective.temperature', value: 3 } });
    expect(page.run.log.events.map(({ step }) => step)).toEqual([10, 15]);
  });

  test('has its settings in the form as they come due, but for those that were changed there meanwhile', async () => {
    const page = await listening();
    page.store.setState({ draft: spec });
    const events = [
      { step: 10, path: 'objective.temperature', value: 6 },
      { step: 20, path: 'objective.mix', value: 0.5 },
    ];
    page.hear({ type: 'ready', facts: { ...page.facts, spec: { ...spec, events } }, step: 0 });
    const form = () => page.store.getState().draft.objective;
    page.hear(state('playing', 9));
    expect(form()).toEqual(spec.objective);
    page.hear(state('playing', 10));
    expect(form()).toEqual({ ...spec.objective, temperature: 6 });
    expect(page.store.getState().view.temperature).toBe(6);
    page.store.setState(({ draft }) => ({
      draft: { ...draft, objective: { ...draft.objective, mix: 0.1 } },
    }));
    page.hear(state('playing', 30));
    expect(form()).toEqual({ ...spec.objective, temperature: 6, mix: 0.1 });
    // The engine halves a rate by itself.
    const event = { step: 31, path: 'optimiser.learningRate', value: spec.optimiser.learningRate / 2 };
    page.hear({ type: 'setting', event });
    page.hear(state('playing', 40));
    expect(page.store.getState().draft.optimiser.learningRate).toBe(event.value);
  });

  test("has a formula's parameter in the form that stood there by its usual value", async () => {
    const page = await listening();
    const term = { id: 'formula', weight: 1, formula: 'param b = 0.5 in 0..1\nb*sum(p*log(p/q))' } as const;
    const own = { ...spec, objective: { ...spec.objective, terms: [term] } };
    page.store.setState({ draft: own });
    const events = [{ step: 5, path: 'objective.terms.0.values.b', value: 0.8 }];
    page.hear({ type: 'ready', facts: { ...page.facts, spec: { ...own, events } }, step: 0 });
    page.hear(state('playing', 50));
    expect(page.store.getState().draft.objective.terms).toEqual([{ ...term, values: { b: 0.8 } }]);
  });

  test('gets another teacher', async () => {
    const page = await listening();
    page.hear({ type: 'ready', facts: page.facts, step: 0 });
    page.hear({ type: 'teacher', teacher: { ...page.facts.teacher, delivery: 'live' } });
    expect(page.run.facts?.teacher.delivery).toBe('live');
  });

  test('says no longer that the runtime of its teacher did not load once that answers', async () => {
    const at = await listening();
    at.hear({ type: 'ready', facts: at.facts, step: 0 });
    const detail = { code: 'onnx-runtime-missing', problem: 'The ONNX runtime could not be loaded' };
    at.hear({ type: 'error', detail });
    expect(errorOf(at.store)).toBe('onnx-runtime-missing');
    at.hear({ type: 'teacher', teacher: at.facts.teacher });
    expect(errorOf(at.store)).toBeNull();
  });
});

describe('a run that went back', () => {
  test('keeps what was told before, takes the settings that follow, and says why', async () => {
    const page = await listening();
    page.hear({ type: 'ready', facts: page.facts, step: 0 });
    page.hear({ type: 'setting', event: { step: 70, path: 'optimiser.learningRate', value: 1 } });
    page.evaluate(0, 50, 100);
    const why = { step: 60, from: 71, arm: 'labels', tensor: 'the input', rate: 0.5 };
    page.hear({ type: 'rolled-back', ...why });
    const halved = { step: 60, path: 'optimiser.learningRate', value: 0.5 };
    page.hear({ type: 'setting', event: halved });
    expect(page.run.log.last?.step).toBe(50);
    expect(page.run.log.events).toEqual([halved]);
    expect(page.run.step).toBe(60);
    expect(page.store.getState().notices).toMatchObject([{ kind: 'rolled-back', ...why }]);
    page.hear(state('playing', 60));
    expect(page.run.log.last?.step).toBe(50);
  });
});

describe('a lost device', () => {
  test('is told with the step from which the run went on, which keeps only what came before', async () => {
    const page = await listening();
    page.hear({ type: 'ready', facts: page.facts, step: 0 });
    page.evaluate(0, 50, 100);
    page.store.setState({ repeat: { index: 0, count: 5, step: 0, total: 100 } });
    const adapter = { name: 'Reference', software: true, executor: 'reference' } as const;
    page.hear({ type: 'recovered', step: 50, adapter, reason: 'driver restarted' });
    expect(page.store.getState().notices).toMatchObject([
      { kind: 'recovered', step: 50, reason: 'driver restarted' },
    ]);
    expect(page.run).toMatchObject({ step: 50, facts: { adapter } });
    expect(page.run.log.last?.step).toBe(50);
    // The engine begins the seeds again.
    expect(page.store.getState()).toMatchObject({ activity: 'idle', repeat: { count: 5 } });
    expect(page.store.getState().announcement).toMatchObject({ kind: 'recovered', step: 50 });
  });

  test('that is lost again is one notice, the newest', async () => {
    const page = await listening();
    const adapter = page.facts.adapter;
    page.hear({ type: 'recovered', step: 50, adapter, reason: 'once' });
    page.hear({ type: 'recovered', step: 70, adapter, reason: 'twice' });
    expect(page.store.getState().notices).toMatchObject([{ kind: 'recovered', step: 70 }]);
  });
});

describe('an error', () => {
  test('pauses the run, frees the page and is told', async () => {
    const page = await listening();
    page.hear(state('playing', 30));
    page.store.setState({ repeat: { index: 0, count: 5, step: 0, total: 100 } });
    page.hear({ type: 'error', detail: { code: 'teacher-nan', problem: 'The teacher answers NaN' } });
    expect(errorOf(page.store)).toBe('teacher-nan');
    expect(page.run).toMatchObject({ state: 'paused', step: 30 });
    expect(page.store.getState()).toMatchObject({ activity: 'idle', progress: null, repeat: null });
    expect(page.store.getState().announcement).toMatchObject({ kind: 'error', step: 30 });
  });

  test('leaves a finished run finished', async () => {
    const page = await listening();
    page.hear(state('finished', 100));
    page.hear({ type: 'error', detail: { code: 'export-failed', problem: 'It could not be written' } });
    expect(page.run.state).toBe('finished');
  });

  test('before any run is told all the same', () => {
    const store = createAppStore();
    receive(store, null, { type: 'error', detail: { code: 'no-run', problem: 'There is no run' } });
    expect(noticesOf(store)).toEqual(['error']);
  });
});

describe('a repetition', () => {
  test('shows how far it is and ends with its last seed', async () => {
    const page = await listening();
    page.store.setState({ repeat: { index: 0, count: 2, step: 0, total: 100 } });
    page.hear(replicate(0, false));
    expect(page.store.getState().repeat).toMatchObject({ index: 0, step: 50 });
    page.hear(replicate(0, true));
    expect(page.store.getState().repeat).toMatchObject({ index: 0, step: 100 });
    page.hear(replicate(1, true));
    expect(page.store.getState().repeat).toBeNull();
    expect(page.run.log.replicates).toHaveLength(2);
  });

  test('of a recording was made long ago and shows no progress', async () => {
    const page = await listening('recording');
    page.store.setState({ repeat: null });
    page.hear(replicate(0, false));
    expect(page.store.getState().repeat).toBeNull();
    expect(page.run.log.replicates).toHaveLength(1);
  });
});

test('what is said of a run that is not there changes nothing', async () => {
  const page = await listening();
  const before = page.store.getState();
  receive(page.store, 'deleted', state('playing', 5));
  receive(page.store, null, { type: 'evaluation', step: 5, arms: page.arms });
  expect(page.store.getState()).toBe(before);
  expect(page.run.log.isEmpty).toBe(true);
});
