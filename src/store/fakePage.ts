/**
 * A page without a browser for the store's tests: store, controller and engines that are imagined (fakeEngine.ts) and
 * can be held back, answered by hand or broken. Nothing that ships imports it.
 */
import type { Command, CommandType } from '../protocol/commands.ts';
import type { Engine, Listener } from '../protocol/engine.ts';
import type { EngineEvent, Evaluation, RunFacts } from '../protocol/events.ts';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { Controller } from './controller.ts';
import { FakeEngine, type FakeOptions } from './fakeEngine.ts';
import type { Sources } from './liveEngine.ts';
import type { Run } from './run.ts';
import { type AppStore, createAppStore, currentRun, type Notice } from './state.ts';

/** An imagined engine with a hand on it. */
class HeldEngine implements Engine {
  readonly sent: Command[] = [];
  readonly tell: Listener;
  readonly #inner: FakeEngine;
  #held: Command[] | null = null;
  closed = false;

  constructor(listener: Listener, options: Partial<FakeOptions>, holds: boolean) {
    this.tell = listener;
    this.#inner = new FakeEngine(listener, { interval: 0, ...options });
    if (holds) this.hold();
  }

  get types(): readonly CommandType[] {
    return this.sent.map(({ type }) => type);
  }

  send(command: Command): void {
    this.sent.push(command);
    if (this.#held === null) this.#inner.send(command);
    else this.#held.push(command);
  }

  close(): void {
    this.closed = true;
    this.#inner.close();
  }

  /** From now on commands wait, in order, as behind a long download. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const command of held) this.#inner.send(command);
  }

  /** One stride of training. */
  beat(): void {
    this.#inner.beat();
  }

  fail(code: string, problem = 'Something went wrong'): void {
    this.tell({ type: 'error', detail: { code, problem } });
  }
}

interface PageOptions {
  readonly engine: Partial<FakeOptions>;
  /** Engines hold their commands back until `release`. */
  readonly holds: boolean;
  openRecording: Sources['openRecording'];
}

export interface FakePage {
  readonly store: AppStore;
  readonly controller: Controller;
  /** Every live engine that was opened, in order. */
  readonly engines: readonly HeldEngine[];
  readonly run: Run;
  /** The newest live engine. */
  readonly engine: HeldEngine;
}

export function fakePage(options: Partial<PageOptions> = {}): FakePage {
  const store = createAppStore();
  const engines: HeldEngine[] = [];
  const controller = new Controller(store, {
    assets: 'https://example.org/',
    openLive(listener) {
      const engine = new HeldEngine(listener, options.engine ?? {}, options.holds ?? false);
      engines.push(engine);
      return engine;
    },
    openRecording: options.openRecording ?? recordingOf,
  });
  return {
    store,
    controller,
    engines,
    get run() {
      return present(currentRun(store.getState()), 'a current run');
    },
    get engine() {
      return present(engines.at(-1), 'a live engine');
    },
  };
}

/** A finished recording of a preset, with five seeds; of few test rows, since each evaluation holds them all. */
export async function recordingOf(presetId: string) {
  const preset = present(presets.get(presetId), presetId).spec;
  const spec: RunSpec = { ...preset, data: { ...preset.data, test: 100 } };
  return {
    spec,
    start: (listener: Listener) =>
      new FakeEngine(listener, { interval: 0, seeds: 5, start: spec.training.steps }),
  };
}

/** All that imagined engines do is done in microtasks: one turn of the event loop lets them finish. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What an engine says of a specification that it has loaded. */
export async function factsOf(spec: RunSpec): Promise<{ facts: RunFacts; arms: readonly Evaluation[] }> {
  const heard: EngineEvent[] = [];
  const engine = new FakeEngine((event) => heard.push(event), { interval: 0 });
  engine.send({ type: 'load', spec, files: [], resume: false });
  await settled();
  const ready = heard.find((event) => event.type === 'ready');
  const evaluation = heard.find((event) => event.type === 'evaluation');
  return { facts: present(ready, 'ready').facts, arms: present(evaluation, 'an evaluation').arms };
}

export function noticesOf(store: AppStore): readonly Notice['kind'][] {
  return store.getState().notices.map(({ kind }) => kind);
}

/** The error that the page shows, by its code; null where there is none. */
export function errorOf(store: AppStore): string | null {
  const shown = store.getState().notices.find((notice) => notice.kind === 'error');
  return shown?.kind === 'error' ? shown.detail.code : null;
}

export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`There is no ${what}.`);
  return value;
}
