/** The settings that differ from the shown run and need a new one. */
import { useMemo } from 'react';
import { type Change, changesBetween, restarting } from '../store/changes.ts';
import { currentSpec } from '../store/run.ts';
import { useApp, useRun } from './appContext.tsx';

/** Beside a recording every difference waits, live ones too: a recording cannot be trained. */
export function useChanges(): readonly Change[] {
  const run = useRun();
  const draft = useApp((state) => state.draft);
  return useMemo(() => {
    if (run === null) return [];
    const all = changesBetween(currentSpec(run), draft);
    return run.origin === 'live' ? restarting(all) : all;
  }, [run, draft]);
}
