/**
 * `window.stillroom`: the page by commands, for notebooks, tests and the curious (docs/console.md). It does what the
 * controls do and no more.
 */
import type { GivenFile } from '../protocol/commands.ts';
import { type EngineEvent, type MetricColumn, metricColumns } from '../protocol/events.ts';
import { StillroomError } from '../spec/errors.ts';
import { withLive } from '../spec/live.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import { type Axis, readValues, sweptSpecs } from '../spec/sweep.ts';
import { nearestPreset } from './changes.ts';
import type { Controller } from './controller.ts';
import { repeats } from './repetition.ts';
import { currentSpec } from './run.ts';
import { type AppState, type AppStore, currentRun } from './state.ts';
import { type SweepResult, sweepResult } from './sweepView.ts';
import { followLink, linkOf } from './visit.ts';

export interface ConsoleArm {
  readonly name: string;
  readonly accuracy: number;
  readonly agreement: number;
  readonly divergence: number;
}

export interface ConsoleState {
  readonly state: string;
  readonly step: number;
  readonly adapter: string | null;
  readonly arms: readonly ConsoleArm[];
}

export interface ConsoleMetrics {
  readonly step: number;
  /** By arm: training measures of the step by name. */
  readonly arms: readonly Partial<Record<MetricColumn, number>>[];
}

export interface Console {
  /**
   * A specification or a link: shown, not run; with the files of its teacher and its data, where those are the user's.
   * Errors: `spec-invalid`, `not-a-link`, those of links as notices.
   */
  load(from: unknown, files?: readonly File[]): Promise<void>;
  play(): Promise<void>;
  pause(): void;
  /** Runs so many steps and pauses; fewer where it is paused or rewound meanwhile. Errors: what the engine said instead. */
  step(count?: number): Promise<void>;
  rewind(): void;
  /** A live setting, such as `objective.temperature`. Errors: `not-live`, `out-of-range`, `no-such-setting`. */
  set(path: string, value: number): void;
  /**
   * The run at each value of one setting, under so many seeds from its own on: values as numbers, or a text such as
   * `0..1 by .25`. Resolves when all have run, or when it was paused, with what is there. Errors: `sweep-values`,
   * `sweep-setting`, `sweep-value`, `no-such-setting`, `not-a-count`, `busy`, and what the engine said instead.
   */
  sweep(path: string, values: string | readonly number[], seeds?: number): Promise<SweepResult>;
  state(): ConsoleState;
  /** Every evaluated or measured step from now on, until the run ends or the loop is left. */
  metrics(): AsyncGenerator<ConsoleMetrics>;
  link(): string;
}

export function consoleOf(store: AppStore, controller: Controller): Console {
  const whenIdle = () => until(store, isIdle);
  const inTurn = turns(controller);
  let loads = 0;
  let sweeping = false;
  const sweepNow = async (axis: Axis, seeds: number): Promise<SweepResult> => {
    await whenIdle();
    if (repeats(store.getState())) throw busy();
    const before = currentRun(store.getState());
    const held = before?.origin === 'live' && controller.canAsk;
    // Refuses what no run could be, before anything is compiled.
    sweptSpecs(held ? currentSpec(before) : store.getState().draft, axis);
    const failed = failureSince(store);
    if (!held) await controller.prepareLive();
    await whenIdle();
    failed();
    const run = currentRun(store.getState());
    controller.sweep(axis, seeds);
    await until(store, (state) => {
      failed();
      return state.sweep === null;
    });
    const swept = run?.log.sweep ?? null;
    if (swept === null) throw notHeld();
    return sweepResult(swept);
  };
  return {
    async load(from, files) {
      loads += 1;
      const mine = loads;
      if (typeof from === 'string') return followLink(store, controller, fragmentOf(from));
      const spec = parseRunSpec(from);
      const given = files === undefined ? undefined : await Promise.all(files.map(readFile));
      // Files may take longer to read than those of whatever was loaded after them.
      if (mine !== loads) return;
      controller.offer(nearestPreset(spec, store.getState().presetId), spec, null, given);
    },
    play: () =>
      inTurn(async () => {
        if (store.getState().awaited) await whenIdle();
        await controller.play();
        await whenIdle();
      }),
    pause: () => controller.pause(),
    async step(count = 1) {
      checkCount(count, 'steps');
      const failed = failureSince(store);
      await inTurn(async (taken) => {
        if (!isIdle(store.getState())) await whenIdle();
        if (currentRun(store.getState())?.origin !== 'live') await controller.prepareLive();
        if (!isIdle(store.getState())) await whenIdle();
        failed();
        if (taken()) return;
        const run = currentRun(store.getState());
        // The step in hand of a run that plays is done first.
        let from = run?.state === 'playing' ? null : (run?.step ?? 0);
        controller.step(count);
        await until(store, (state) => {
          failed();
          const now = currentRun(state);
          if (now === null || now.id !== run?.id || now.state === 'finished') return true;
          if (now.state === 'playing') return false;
          from ??= now.step;
          return taken() || now.step >= from + count;
        });
      });
    },
    rewind() {
      if (isIdle(store.getState())) controller.rewind();
      else void whenIdle().then(() => controller.rewind());
    },
    set(path, value) {
      if (typeof value !== 'number')
        throw new StillroomError({
          code: 'not-a-number',
          problem: `${path} takes a number`,
          got: typeof value,
          wanted: 'a path and a number, such as objective.temperature and 4',
          remedy: 'Give both',
        });
      // Refuses what is not live, not there or out of range, before anything has changed.
      withLive(store.getState().draft, path, value);
      controller.edit(path, value);
    },
    async sweep(path, values, seeds = 1) {
      checkCount(seeds, 'seeds');
      const axis = { path, values: readValues(path, Array.isArray(values) ? values.join(',') : `${values}`) };
      if (sweeping) throw busy();
      sweeping = true;
      return sweepNow(axis, seeds).finally(() => {
        sweeping = false;
      });
    },
    state: () => stateOf(store),
    metrics: () => metricsOf(store),
    link: () => linkOf(store.getState(), true),
  };
}

/** Nothing is opened, prepared or awaited. */
function isIdle({ activity, awaited }: AppState): boolean {
  return activity === 'idle' && !awaited;
}

type Work = (taken: () => boolean) => Promise<void>;

/**
 * One after the other what lets a run go on, the first at once. A pause or a rewind takes back what waits; what is under way
 * sees it by `taken`.
 */
function turns(controller: Controller): (work: Work) => Promise<void> {
  let last: Promise<void> | null = null;
  return (work) => {
    const { halts } = controller;
    const taken = () => controller.halts !== halts;
    const mine = last === null ? work(taken) : last.then(() => (taken() ? undefined : work(taken)));
    const done = mine
      .catch(() => undefined)
      .then(() => {
        if (last === done) last = null;
      });
    last = done;
    return mine;
  };
}

function fragmentOf(link: string): string {
  try {
    return new URL(link, location.href).hash;
  } catch (cause) {
    throw new StillroomError(
      {
        code: 'not-a-link',
        problem: 'This is no address',
        got: link.slice(0, 80),
        wanted: 'a link as link() gives it, or a specification',
        remedy: 'Copy it again',
      },
      { cause },
    );
  }
}

async function readFile(file: File): Promise<GivenFile> {
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

function stateOf(store: AppStore): ConsoleState {
  const run = currentRun(store.getState());
  const last = run?.log.evaluations.at(-1)?.arms ?? [];
  return {
    state: store.getState().activity === 'idle' ? (run?.state ?? 'empty') : 'preparing',
    step: run?.step ?? 0,
    adapter: run?.facts?.adapter.name ?? null,
    arms: last.map(({ accuracy, agreement, divergence }, i) => {
      const spec = run?.spec.arms[i];
      return { name: spec?.name ?? spec?.kind ?? '', accuracy, agreement, divergence };
    }),
  };
}

async function* metricsOf(store: AppStore): AsyncGenerator<ConsoleMetrics> {
  const run = currentRun(store.getState());
  if (run === null) return;
  const waiting: Extract<EngineEvent, { type: 'metrics' }>[] = [];
  let wake: () => void = () => undefined;
  const stop = run.log.onRows((steps, values) => {
    waiting.push({ type: 'metrics', steps, values });
    wake();
  });
  const unwatch = store.subscribe(() => wake());
  try {
    for (;;) {
      const event = waiting.shift();
      if (event !== undefined) {
        for (const [i, step] of event.steps.entries())
          yield { step, arms: event.values.map((rows) => named(rows, i)) };
        continue;
      }
      const now = store.getState().runs.find((one) => one.id === run.id);
      // A run that was rewound, deleted or left for another has no more rows to give.
      if (now === undefined || now.state === 'finished' || store.getState().currentId !== run.id) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop();
    unwatch();
  }
}

const stride = 32;

function named(rows: Float32Array, row: number): Partial<Record<MetricColumn, number>> {
  const entries = metricColumns.flatMap((name, column): [string, number][] =>
    name.startsWith('free') ? [] : [[name, rows[row * stride + column] ?? 0]],
  );
  return Object.fromEntries(entries);
}

function checkCount(count: unknown, of: string): void {
  if (Number.isInteger(count) && Number(count) >= 1) return;
  throw new StillroomError({
    code: 'not-a-count',
    problem: `This is no number of ${of}`,
    got: String(count),
    wanted: 'a whole number from 1',
  });
}

/** Somebody chose another run in the same moment. */
function notHeld(): StillroomError {
  return new StillroomError({
    code: 'run-left',
    problem: 'The run whose setting was to be swept is no longer shown',
    wanted: 'a live run',
    remedy: 'Ask again',
  });
}

function busy(): StillroomError {
  return new StillroomError({
    code: 'busy',
    problem: 'Seeds or values of another sweep are running',
    wanted: 'a run that stands or plays',
    remedy: 'Wait for them, or end them with pause()',
  });
}

/** A check that throws what went wrong on the page since this was called. */
function failureSince(store: AppStore): () => void {
  const newest = () => store.getState().notices.findLast((notice) => notice.kind === 'error');
  const before = newest()?.id;
  return () => {
    const now = newest();
    if (now?.kind === 'error' && now.id !== before) throw new StillroomError(now.detail);
  };
}

/** Rejects with what `done` throws. */
async function until(store: AppStore, done: (state: AppState) => boolean): Promise<void> {
  if (done(store.getState())) return;
  await new Promise<void>((resolve, reject) => {
    const stop = store.subscribe((state) => {
      try {
        if (!done(state)) return;
        resolve();
      } catch (error) {
        reject(error);
      }
      stop();
    });
  });
}
