/** The loaded run again under other seeds: how the page begins that, and whether that or a sweep is on. */
import type { Conversation } from './conversation.ts';
import { type AppState, type AppStore, shownRun } from './state.ts';

/** Nothing where the engine does not hold the current run, or is at seeds or a sweep. */
export function beginRepetition(store: AppStore, live: Conversation | null, count: number): void {
  const run = shownRun(store.getState());
  if (run === null || live === null || live.runId !== run.id || repeats(store.getState())) return;
  run.log.forgetReplicates();
  store.setState({ repeat: { index: 0, count, step: 0, total: run.spec.training.steps } });
  live.send({ type: 'repeat', count });
}

/** True while the engine runs the loaded run again and again, so that the run itself waits. */
export function repeats({ repeat, sweep }: AppState): boolean {
  return repeat !== null || sweep !== null;
}
