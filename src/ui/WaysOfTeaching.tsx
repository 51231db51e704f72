/** How the teacher teaches, where that is no single number or word: by an averaged copy of the student. */
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { useApp, useController } from './appContext.tsx';
import { t } from './text.ts';

/** Moves on within a few tens of steps. */
const average: Extract<RunSpec['teacher'], { source: 'average' }> = {
  source: 'average',
  decay: 0.98,
  delivery: 'live',
  provider: 'auto',
};

export function AverageField() {
  const { source } = useApp((state) => state.draft.teacher);
  const given = useApp((state) => presets.get(state.presetId)?.spec.teacher);
  const controller = useController();
  const on = source === 'average';
  // Of a teacher of the user's there is nothing to go back to.
  if (given === undefined || !(on || source === given.source)) return null;
  return (
    <div data-control="teacher.source">
      <label className="check">
        <input
          type="checkbox"
          checked={on}
          onChange={() => controller.edit('teacher', on ? given : average)}
        />
        <span>{t('teacher.useAverage')}</span>
      </label>
    </div>
  );
}
