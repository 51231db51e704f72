/** The part of the conversation that is about sweeps: one setting of the loaded run at several values, each under several seeds. */
import type { ErrorDetail } from '../spec/errors.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Evaluation, TeacherFacts } from './events.ts';

/** Runs a specification to its end at each of these values and seeds, one after the other; `sweep` events follow. */
export interface SweepCommand {
  readonly type: 'sweep';
  /** The loaded run's, as the page knows it to stand. */
  readonly spec: RunSpec;
  readonly path: string;
  readonly runs: readonly { readonly value: number; readonly seed: number }[];
}

/** How far the sweep is: at the beginning of each run, at each step that is evaluated, and at its end. */
export interface SweepEvent {
  readonly type: 'sweep';
  readonly path: string;
  /** Which of its runs, and their count. */
  readonly index: number;
  readonly count: number;
  readonly value: number;
  readonly seed: number;
  readonly step: number;
  readonly total: number;
  /** Null until the run is at its end. */
  readonly end: SweepEnd | null;
}

export interface SweepEnd {
  /** At the last step, over all test rows; empty where it failed. */
  readonly arms: readonly Evaluation[];
  readonly teacher: TeacherFacts | null;
  /** Why there is no result: the others go on. */
  readonly failed: ErrorDetail | null;
}
