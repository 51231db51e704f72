/**
 * From an engine's events to state and logs. One switch, exhaustive; it asks nothing of the engine in return, and it
 * does not know whether a worker or a recording speaks.
 */
import type { EngineEvent } from '../protocol/events.ts';
import { followSettings } from './followSettings.ts';
import { reproductionOf } from './reproduction.ts';
import { currentSpec, type Run } from './run.ts';
import { type AppStore, announce, changeRun, dropError, notify } from './state.ts';
import { receiveSweep } from './sweep.ts';

/** `runId` is the run that the engine has loaded; null before the first. Replies are the conversation's affair. */
export function receive(store: AppStore, runId: string | null, event: EngineEvent): void {
  const run = store.getState().runs.find((one) => one.id === runId);
  switch (event.type) {
    case 'gate':
      store.setState({ gate: { adapter: event.adapter, missing: event.missing } });
      return;
    case 'progress':
      store.setState({ progress: { stage: event.stage, done: event.done, total: event.total } });
      return;
    case 'error':
      showError(store, run, event.detail);
      return;
    case 'reply':
      // A question may have opened the teacher to be answered; a run in preparation has progress of its own.
      if (store.getState().activity === 'idle') store.setState({ progress: null });
      return;
    case 'checked':
      return;
    default:
      if (run !== undefined) receiveOfRun(store, run, event);
      // A run that was deleted while it was prepared must not keep the page waiting.
      else if (event.type === 'ready') store.setState({ activity: 'idle', progress: null });
  }
}

type OfRun = Exclude<EngineEvent, { type: 'gate' | 'progress' | 'error' | 'reply' | 'checked' }>;

function receiveOfRun(store: AppStore, run: Run, event: OfRun): void {
  const { log } = run;
  switch (event.type) {
    case 'ready':
      log.truncate(event.step === 0 ? 0 : event.step + 1);
      store.setState({ activity: 'idle', progress: null });
      changeRun(store, run.id, {
        facts: event.facts,
        step: event.step,
        spec: { ...event.facts.spec, events: [] },
      });
      for (const live of event.facts.spec.events) log.record(live);
      followSettings(store, run.id, { ...event.facts.spec, events: [] });
      announce(store, 'ready', event.step);
      return;
    case 'state': {
      const before = currentSpec(run);
      if (event.state !== run.state) announce(store, event.state, event.step);
      // Steps only grow, but for a rewind: what came after is of the way that was left.
      if (event.step < run.step) log.truncate(event.step);
      changeRun(store, run.id, { state: event.state, step: event.step });
      followSettings(store, run.id, before);
      store.setState({ samplesPerSecond: event.samplesPerSecond });
      if (store.getState().activity === 'idle') store.setState({ progress: null });
      if (event.state === 'finished' && run.state !== 'finished' && run.origin === 'live')
        compare(store, run);
      return;
    }
    case 'metrics':
      log.appendRows(event.steps, event.values);
      return;
    case 'evaluation':
      log.evaluate({ step: event.step, arms: event.arms });
      return;
    case 'pictures':
      log.show({ step: event.step, logits: event.logits });
      return;
    case 'text':
      log.showText({ step: event.step, picture: event.picture });
      return;
    case 'similarity':
      log.showSimilarity({ step: event.step, picture: event.picture });
      return;
    case 'setting': {
      const before = currentSpec(run);
      log.override(event.event);
      followSettings(store, run.id, before);
      return;
    }
    case 'teacher':
      dropError(store, 'onnx-runtime-missing');
      if (run.facts !== null) changeRun(store, run.id, { facts: { ...run.facts, teacher: event.teacher } });
      store.setState({ progress: null });
      return;
    case 'replicate': {
      const { type: _, ...replicate } = event;
      log.replicate(replicate);
      const done = event.finished && event.index + 1 === event.count;
      const { index, count, step, total } = event;
      // One that was stopped has been taken off the page; its last words do not bring it back.
      if (run.origin !== 'recording' && store.getState().repeat !== null)
        store.setState({ repeat: done ? null : { index, count, step, total } });
      return;
    }
    case 'sweep':
      return receiveSweep(store, run, event);
    case 'checkpoint':
      // It lies where that of the run before the rewind lay, which would come back with less of its curve.
      store.setState(({ notices }) => ({
        notices: notices.filter((one) => one.kind !== 'undo' || one.againId !== run.id),
      }));
      return;
    case 'rolled-back': {
      log.truncate(event.step + 1);
      changeRun(store, run.id, { step: event.step });
      const { step, from, arm, tensor, rate } = event;
      notify(store, { kind: 'rolled-back', step, from, arm, tensor, rate });
      announce(store, 'recovered', step);
      return;
    }
    case 'recovered':
      log.truncate(event.step + 1);
      changeRun(store, run.id, {
        step: event.step,
        ...(run.facts === null ? {} : { facts: { ...run.facts, adapter: event.adapter } }),
      });
      store.setState({ activity: 'idle', progress: null });
      notify(store, { kind: 'recovered', step: event.step, reason: event.reason });
      announce(store, 'recovered', event.step);
  }
}

/** Whoever follows a link wants to know whether its curve came out again. */
function compare(store: AppStore, run: Run): void {
  const found = reproductionOf(run, store.getState().runs);
  if (found !== null) {
    const { name: runName, apart, unit } = found;
    notify(store, { kind: 'reproduced', runName, apart, unit });
  }
}

function showError(
  store: AppStore,
  run: Run | undefined,
  detail: Extract<EngineEvent, { type: 'error' }>['detail'],
): void {
  if (run !== undefined)
    changeRun(store, run.id, { state: run.state === 'finished' ? 'finished' : 'paused' });
  store.setState({ activity: 'idle', progress: null, repeat: null, sweep: null });
  notify(store, { kind: 'error', detail });
  announce(store, 'error', run?.step ?? 0);
}
