/**
 * A sweep as the page keeps it: begun by the controller, told by the engine, and with the run whose setting it varies. Runs
 * that are known of the same settings are not run again, so that a sweep which was stopped goes on. Numbers only.
 */
import type { TeacherFacts } from '../protocol/events.ts';
import type { SweepEvent } from '../protocol/sweep.ts';
import type { SweptRun } from '../sharing/sweepTable.ts';
import { isDeepEqual } from '../spec/equal.ts';
import { sentence } from '../spec/errors.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Axis } from '../spec/sweep.ts';
import type { Conversation } from './conversation.ts';
import { repeats } from './repetition.ts';
import { currentSpec, type Run } from './run.ts';
import { type AppStore, shownRun } from './state.ts';

export interface SweepLog extends Axis {
  /** The run's settings as they stood; one of them is swept. */
  readonly spec: RunSpec;
  readonly seeds: readonly number[];
  /** In the order in which they ended. */
  readonly runs: readonly SweptRun[];
  /** By value: another value of the data has other answers. */
  readonly teachers: ReadonlyMap<number, TeacherFacts>;
}

export interface SweepProgress
  extends Pick<SweepEvent, 'index' | 'count' | 'value' | 'seed' | 'step' | 'total'> {
  /** On the clock of `Date`. */
  readonly startedAt: number;
}

/** Starts what is not yet known of it. Nothing where the engine does not hold the current run. Values are those of a checked axis. */
export function beginSweep(store: AppStore, live: Conversation | null, axis: Axis, count: number): void {
  const run = shownRun(store.getState());
  if (run === null || live === null || live.runId !== run.id || repeats(store.getState())) return;
  const { path, values } = axis;
  const spec = currentSpec(run);
  const seeds = Array.from({ length: count }, (_, i) => (spec.seed + i) >>> 0);
  const wanted = values.flatMap((value) => seeds.map((seed) => ({ value, seed })));
  const known = run.log.sweep;
  const alike = known !== null && known.path === path && isDeepEqual(known.spec, spec);
  const { runs: done, teachers } = alike ? known : { runs: [], teachers: new Map() };
  const kept = done.filter((one) => one.failed === null && wanted.some((other) => isSame(one, other)));
  const runs = wanted.filter((one) => !kept.some((other) => isSame(one, other)));
  run.log.showSweep({ spec, path, values, seeds, runs: kept, teachers });
  const [first] = runs;
  if (first === undefined) return;
  const at = { index: 0, count: runs.length, step: 0, total: spec.training.steps };
  store.setState({ sweep: { ...first, ...at, startedAt: Date.now() } });
  live.send({ type: 'sweep', spec, path, runs });
}

type Place = Pick<SweptRun, 'value' | 'seed'>;

function isSame(one: Place, other: Place): boolean {
  return one.value === other.value && one.seed === other.seed;
}

/** One that was stopped has been taken off the page, and its last words do not bring it back; what came to its end counts. */
export function receiveSweep(store: AppStore, run: Run, event: SweepEvent): void {
  const { path, index, count, value, seed, step, total, end } = event;
  const { sweep: known } = run.log;
  if (end !== null && known?.path === path) {
    const failed = end.failed === null ? null : sentence(end.failed);
    const others = known.runs.filter((one) => !isSame(one, event));
    const runs = [...others, { value, seed, arms: end.arms, failed }];
    const teachers = new Map(known.teachers);
    if (end.teacher !== null) teachers.set(value, end.teacher);
    run.log.showSweep({ ...known, runs, teachers });
  }
  const { sweep } = store.getState();
  if (sweep === null) return;
  const over = end !== null && index + 1 === count;
  store.setState({ sweep: over ? null : { ...sweep, index, count, value, seed, step, total } });
}
