/**
 * The form follows a run whose settings change without a hand: events that a link brought come due, or the engine halves a
 * rate. What was changed in the form meanwhile stays as it is.
 */
import { isDeepEqual } from '../spec/equal.ts';
import { liveRange } from '../spec/live.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { readPath, writePath } from './paths.ts';
import { currentSpec } from './run.ts';
import { type AppStore, currentRun } from './state.ts';

/** `before`: the settings in force of the current run until now. */
export function followSettings(store: AppStore, runId: string, before: RunSpec): void {
  const run = currentRun(store.getState());
  if (run === null || run.id !== runId || run.origin !== 'live' || run.log.events.length === 0) return;
  const now = currentSpec(run);
  for (const path of new Set(run.log.events.map((event) => event.path))) {
    const [then, value] = [readPath(before, path), readPath(now, path)];
    const { draft, view } = store.getState();
    if (then === value || liveRange(path) === undefined || readPath(draft, path) !== then) continue;
    store.setState({ draft: withValue(draft, now, path) });
    if (path === 'objective.temperature' && view.follows && typeof value === 'number')
      store.setState({ view: { ...view, temperature: value } });
  }
}

/** Of a formula's parameter that had its usual value there was nothing yet to write into. */
function withValue(draft: RunSpec, now: RunSpec, path: string): RunSpec {
  const written = writePath(draft, path, readPath(now, path));
  const parent = path.split('.').slice(0, -1).join('.');
  return isDeepEqual(written, draft) ? writePath(draft, parent, readPath(now, parent)) : written;
}
