/** How live runs come into the table: made of settings, or of a run that is rewound. Nothing is loaded here. */
import type { GivenFile } from '../protocol/commands.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { changesBetween } from './changes.ts';
import type { Remembered } from './remembered.ts';
import { currentSpec, forgetHand, newRun, type Run } from './run.ts';
import { runName } from './runName.ts';
import {
  type AppState,
  type AppStore,
  announce,
  changeRun,
  currentRun,
  initialView,
  type Notice,
  nextSerial,
  notify,
  presetSpec,
} from './state.ts';

type Undo = Extract<Notice, { kind: 'undo' }>;

/** What a live run was made from, beside its settings. */
interface Origin {
  readonly files: readonly GivenFile[];
  /** The run of an earlier visit that it goes on from. */
  readonly left: Remembered | null;
}

/** Of the live runs of this page, by their ids. */
export class Origins {
  readonly #known = new Map<string, Origin>();

  of(id: string): Origin | null {
    return this.#known.get(id) ?? null;
  }

  /** Lets go of what belongs to runs that are no longer there: files may be large. */
  keep(id: string, origin: Origin, runs: readonly Run[]): void {
    for (const known of [...this.#known.keys()])
      if (!runs.some((run) => run.id === known)) this.#known.delete(known);
    this.#known.set(id, origin);
  }

  /** What the run was to go on from, where it could not be loaded and the settings are as they were. */
  leftOf(run: Run | null, draft: RunSpec): Remembered | null {
    const left = run === null || run.facts !== null ? null : this.of(run.id)?.left;
    return left && changesBetween(left.spec, draft).length === 0 ? left : null;
  }
}

/** What a link brings in place of a preset's own settings. */
export interface Offered {
  readonly spec: RunSpec;
  /** Its curves, if any. */
  readonly ghost: Run | null;
}

/** A run of these settings, with what they change of the run `before` it. */
export function madeRun({ presetId, runs }: AppState, spec: RunSpec, before: Run | null): Run {
  const [id, name] = [`run-${nextSerial()}`, runName(spec, runs.length)];
  const changes = changesBetween(before?.spec ?? presetSpec(presetId), spec);
  return { ...newRun({ id, name, origin: 'live', presetId, spec }), changes };
}

/** The run from its beginning, in its place; it stays as a ghost, and the notice offers to undo. Returns the new one's id. */
export function beginAgain(store: AppStore, run: Run, draft: RunSpec): string {
  const id = `run-${nextSerial()}`;
  const name = runName(run.spec, store.getState().runs.length);
  const again: Run = { ...newRun({ ...run, id, name }), facts: run.facts };
  forgetHand(again);
  changeRun(store, run.id, { compared: true, state: 'paused' });
  store.setState(({ runs }) => ({ runs: [...runs, again], currentId: id, draft }));
  notify(store, { kind: 'undo', name: run.name, runId: run.id, againId: id });
  announce(store, 'rewound', 0);
  return id;
}

/** The run before a rewind, in the place of the one that came of it. */
export function putBack(store: AppStore, run: Run, notice: Undo): void {
  const draft = { ...currentSpec(run), events: [] };
  store.setState(({ runs, notices }) => ({
    runs: runs
      .filter((one) => one.id !== notice.againId)
      .map((one) => (one.id === run.id ? { ...one, compared: false } : one)),
    ...{ currentId: run.id, presetId: run.presetId, draft, view: initialView(draft) },
    notices: notices.filter((one) => one !== notice),
  }));
}

/** Says so where less of the current run was kept than had been done. */
export function tellBehind(store: AppStore, done: number): void {
  const run = currentRun(store.getState());
  if (run !== null && run.step < done) notify(store, { kind: 'behind', step: run.step, left: done });
}
