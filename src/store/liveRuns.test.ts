/** What live runs were made from. */
import { expect, test } from 'vitest';
import { Origins } from './liveRuns.ts';
import { newRun } from './run.ts';
import { presetSpec } from './state.ts';

test('the files of a run are let go of once the run is gone', () => {
  const spec = presetSpec('two-moons-1');
  const run = newRun({ id: 'kept', name: '', origin: 'live', presetId: 'two-moons-1', spec });
  const origins = new Origins();
  for (const id of ['gone', 'kept']) origins.keep(id, { files: [], left: null }, [run]);
  origins.keep('new', { files: [], left: null }, [run]);
  expect(['gone', 'kept', 'new'].map((id) => origins.of(id) !== null)).toEqual([false, true, true]);
});
