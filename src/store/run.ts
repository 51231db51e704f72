/**
 * A run as the page keeps it: what it is, where it came from, and its log. The log is mutable and subscribed to;
 * everything else is replaced, never changed, so that a view sees when it is out of date.
 */
import type { RunFacts, RunState, Speed } from '../protocol/events.ts';
import { specAt } from '../spec/live.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Change } from './changes.ts';
import { RunLog } from './runLog.ts';

export interface Run {
  readonly id: string;
  readonly name: string;
  /** `link`: only the curves that a link carried. */
  readonly origin: 'recording' | 'live' | 'link';
  readonly presetId: string;
  /** As it was started; what changed since then is in the log's events. */
  readonly spec: RunSpec;
  /** Null until the engine has prepared it, and for ever where only curves are known. */
  readonly facts: RunFacts | null;
  readonly log: RunLog;
  readonly state: RunState;
  readonly step: number;
  /** How long its training took where it was recorded; null where that is not known. */
  readonly recordedSeconds: number | null;
  /** How fast teacher and student answer; null until it was measured. */
  readonly speed: Speed | null;
  /** What differs from the run it was made from. */
  readonly changes: readonly Change[];
  /** Drawn as a ghost under the current run. */
  readonly compared: boolean;
  readonly pinned: boolean;
}

type Fields = Pick<Run, 'id' | 'name' | 'origin' | 'presetId' | 'spec'> &
  Partial<Pick<Run, 'recordedSeconds'>>;

export function newRun(fields: Fields): Run {
  return {
    recordedSeconds: null,
    ...fields,
    facts: null,
    log: new RunLog(),
    state: 'paused',
    step: 0,
    speed: null,
    changes: [],
    compared: false,
    pinned: false,
  };
}

/** The specification with its live events inside: what a link or a new run takes from this one. */
export function wholeSpec(run: Run): RunSpec {
  return { ...run.spec, events: [...run.log.events] };
}

/** The settings in force at the run's current step. */
export function currentSpec(run: Run): RunSpec {
  return specAt(wholeSpec(run), run.step);
}

/** A rewind forgets what was changed by hand; events that the run was started with come again. */
export function forgetHand(run: Run): void {
  run.log.truncate(0);
  for (const event of run.facts?.spec.events ?? []) run.log.record(event);
}

/** The groups that hold live settings. */
export function liveParts(spec: RunSpec): Pick<RunSpec, 'objective' | 'optimiser'> {
  return { objective: structuredClone(spec.objective), optimiser: structuredClone(spec.optimiser) };
}
