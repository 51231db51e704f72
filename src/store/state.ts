/**
 * The application's state and nothing that acts on it: what is shown, how it is looked at, and what goes on. High-rate
 * numbers are in the logs of the runs. No React here, and no engine.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { GivenFile } from '../protocol/commands.ts';
import type { Adapter, ProgressStage, RunState } from '../protocol/events.ts';
import type { ErrorDetail } from '../spec/errors.ts';
import { type Lesson, lessonLevels } from '../spec/lesson.ts';
import { firstPreset, presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Remembered } from './remembered.ts';
import type { Run } from './run.ts';
import type { SweepProgress } from './sweep.ts';

export const levels = lessonLevels;
export type Level = (typeof levels)[number];
export type Theme = 'system' | 'light' | 'dark';
export type Tab = 'what' | 'see' | 'why';
export type DialogName = 'share' | 'help' | 'bring' | 'catalogue' | 'verify' | 'failures';
export type StageView = 'strip' | 'confusion' | 'draw';

/** How the run is looked at. Nothing here trains anything. */
export interface View {
  /** Softens the pictures; the training temperature is the specification's. */
  readonly temperature: number;
  /** True until someone moved it: it then follows the run's own temperature. */
  readonly follows: boolean;
  /** Index into the samples probe. */
  readonly sample: number;
  /** Added to the logits of left-out classes when arms are judged. */
  readonly offset: number;
  readonly stage: StageView;
  /** An input drawn by hand, with the logits of each arm and of the teacher. */
  readonly drawn: Drawn | null;
}

export interface Drawn {
  readonly input: Float32Array<ArrayBuffer>;
  readonly arms: readonly Float32Array[];
  readonly teacher: Float32Array | null;
}

export type Notice =
  | { readonly id: number; readonly kind: 'error'; readonly detail: ErrorDetail }
  | { readonly id: number; readonly kind: 'recovered'; readonly step: number; readonly reason: string }
  | {
      readonly id: number;
      readonly kind: 'rolled-back';
      readonly step: number;
      readonly from: number;
      readonly arm: string;
      readonly tensor: string;
      readonly rate: number;
    }
  | { readonly id: number; readonly kind: 'dropped'; readonly fields: readonly string[] }
  | { readonly id: number; readonly kind: 'resumable'; readonly left: Remembered }
  | { readonly id: number; readonly kind: 'behind'; readonly step: number; readonly left: number }
  | {
      readonly id: number;
      readonly kind: 'undo';
      readonly name: string;
      readonly runId: string;
      readonly againId: string;
    }
  | {
      readonly id: number;
      readonly kind: 'reproduced';
      readonly runName: string;
      readonly apart: number;
      readonly unit: 'points' | 'nats';
    };

/** A notice before it has its number. */
export type NewNotice = Notice extends infer One ? (One extends Notice ? Omit<One, 'id'> : never) : never;

/** Said aloud, at events only. */
export interface Announcement {
  readonly id: number;
  readonly kind:
    | 'preparing'
    | 'ready'
    | 'playing'
    | 'paused'
    | 'finished'
    | 'rewound'
    | 'recovered'
    | 'error'
    | 'evaluated'
    | 'copied';
  readonly step: number;
}

export interface AppState {
  readonly level: Level;
  readonly theme: Theme;
  readonly shortcuts: boolean;
  readonly presenting: boolean;
  readonly tab: Tab;
  readonly dialog: DialogName | null;
  /** What the dialog is about, where it can be about several things: the id of a loss. */
  readonly topic: string | null;
  /** Files of the user's, dropped or chosen, of which no run has been made yet. */
  readonly given: readonly GivenFile[];
  readonly view: View;
  /** What the link of this page left out and locked; null where it was none of a lesson. */
  readonly lesson: Lesson | null;
  /** Everything is shown again, though it was a lesson. */
  readonly lifted: boolean;
  /** The lesson that is being made in the Share dialog; null before it was begun. */
  readonly lessonDraft: Lesson | null;
  /** The small page that stands in a frame: it plays what it was given and writes no address. */
  readonly embed: boolean;

  readonly presetId: string;
  /** What the controls show: the settings of the next run, and the live ones of this one. */
  readonly draft: RunSpec;
  readonly runs: readonly Run[];
  readonly currentId: string | null;
  /** The recorded run of the chosen preset is on its way. */
  readonly awaited: boolean;

  /** `opening`: asking for an adapter; `preparing`: from load to ready. */
  readonly activity: 'idle' | 'opening' | 'preparing';
  readonly gate: { readonly adapter: Adapter; readonly missing: ErrorDetail | null } | null;
  readonly progress: {
    readonly stage: ProgressStage | 'speed';
    readonly done: number;
    readonly total: number;
  } | null;
  readonly samplesPerSecond: number;
  readonly repeat: {
    readonly index: number;
    readonly count: number;
    readonly step: number;
    readonly total: number;
  } | null;
  readonly sweep: SweepProgress | null;
  readonly notices: readonly Notice[];
  readonly announcement: Announcement | null;
  /** Control that an error named: opened, scrolled to and flashed. */
  readonly flashed: { readonly path: string; readonly id: number } | null;
}

export type AppStore = StoreApi<AppState>;

/** Preferences that outlive a visit. */
export interface Preferences {
  readonly level: Level;
  readonly theme: Theme;
  readonly shortcuts: boolean;
}

export function createAppStore(preferences: Partial<Preferences> = {}): AppStore {
  const spec = presetSpec(firstPreset);
  return createStore<AppState>(() => ({
    level: 'learn',
    theme: 'system',
    shortcuts: true,
    ...preferences,
    presenting: false,
    tab: 'see',
    dialog: null,
    topic: null,
    given: [],
    view: initialView(spec),
    lesson: null,
    lifted: false,
    lessonDraft: null,
    embed: false,
    presetId: firstPreset,
    draft: spec,
    runs: [],
    currentId: null,
    awaited: false,
    activity: 'idle',
    gate: null,
    progress: null,
    samplesPerSecond: 0,
    repeat: null,
    sweep: null,
    notices: [],
    announcement: null,
    flashed: null,
  }));
}

/** Errors: an unknown preset is a mistake of the caller. */
export function presetSpec(id: string): RunSpec {
  const preset = presets.get(id);
  if (preset === undefined) throw new Error(`There is no preset ${id}.`);
  return structuredClone(preset.spec);
}

export function initialView(spec: RunSpec): View {
  return {
    temperature: spec.objective.temperature,
    follows: true,
    sample: 0,
    offset: spec.evaluation.offset,
    stage: 'strip',
    drawn: null,
  };
}

export function currentRun(state: AppState): Run | null {
  return state.runs.find((run) => run.id === state.currentId) ?? null;
}

/** The same, once the settings are its own: those of another preset are there before its recording is. */
export function shownRun(state: AppState): Run | null {
  const run = currentRun(state);
  return state.awaited || run?.presetId !== state.presetId ? null : run;
}

export function runState(state: AppState): RunState {
  return currentRun(state)?.state ?? 'paused';
}

let serial = 0;

/** A number that no notice or announcement of this page had before. */
export function nextSerial(): number {
  serial += 1;
  return serial;
}

export function changeRun(store: AppStore, id: string, change: Partial<Run>): void {
  store.setState((state) => ({
    runs: state.runs.map((run) => (run.id === id ? { ...run, ...change } : run)),
  }));
}

export function notify(store: AppStore, notice: NewNotice): void {
  store.setState((state) => ({
    notices: [...state.notices.filter((one) => one.kind !== notice.kind), { ...notice, id: nextSerial() }],
  }));
}

/** An error of this code is no longer true. */
export function dropError(store: AppStore, code: string): void {
  store.setState(({ notices }) => ({
    notices: notices.filter((one) => one.kind !== 'error' || one.detail.code !== code),
  }));
}

export function announce(store: AppStore, kind: Announcement['kind'], step: number): void {
  store.setState({ announcement: { id: nextSerial(), kind, step } });
}
