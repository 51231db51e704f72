/** The settings that differ from the shown run and need a new one. */
import { useMemo } from 'react';
import { type Preset, presets } from '../spec/presets.ts';
import { type Change, changesBetween, restarting } from '../store/changes.ts';
import { currentSpec, type Run } from '../store/run.ts';
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

/** What the settings change of their preset; null for data of the user's own, which no preset is about. */
export function useFromPreset(): { readonly preset: Preset; readonly changes: readonly Change[] } | null {
  const draft = useApp((state) => state.draft);
  const preset = useApp((state) => presets.get(state.presetId));
  return useMemo(() => {
    if (preset === undefined || ['file', 'text'].includes(draft.data.task)) return null;
    return { preset, changes: changesBetween(preset.spec, draft) };
  }, [preset, draft]);
}

/** The recorded run of the chosen preset, where the page has it. */
export function useRecorded(): Run | null {
  return useApp(
    ({ runs, presetId }) =>
      runs.find((run) => run.origin === 'recording' && run.presetId === presetId) ?? null,
  );
}
