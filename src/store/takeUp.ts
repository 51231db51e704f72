/** Takes up a run that an earlier visit left, and says so where less of it was kept than had been done. */
import type { Controller } from './controller.ts';
import type { Remembered } from './remembered.ts';
import { type AppStore, currentRun, notify } from './state.ts';

export async function takeUp(store: AppStore, controller: Controller, left: Remembered): Promise<void> {
  await controller.resume(left);
  const run = currentRun(store.getState());
  // Why nothing came of it has been said, and whoever has gone elsewhere meanwhile stays there.
  if (run === null || run.facts === null || run.origin !== 'live' || run.presetId !== left.presetId) return;
  if (run.step < left.step) notify(store, { kind: 'behind', step: run.step, left: left.step });
}
