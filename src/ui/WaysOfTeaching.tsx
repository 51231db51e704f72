/** How the teacher teaches, where that is no single number or word: by an averaged copy, or of what the student writes. */
import { presets } from '../spec/presets.ts';
import { isText, type RunSpec } from '../spec/runSpec.ts';
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

const written: NonNullable<RunSpec['objective']['onPolicy']> = { share: 0.5, temperature: 1, prompt: 8 };

/** The student writes texts itself; who answers recorded ones cannot answer those. */
export function OnPolicyField() {
  const { data, objective, teacher } = useApp((state) => state.draft);
  const controller = useController();
  if (!isText(data)) return null;
  const on = objective.onPolicy !== undefined;
  const toggle = () => {
    const { onPolicy: _, ...given } = objective;
    controller.edit('objective', on ? given : { ...objective, onPolicy: written });
  };
  return (
    <div data-control="objective.onPolicy">
      <label className="check">
        <input type="checkbox" checked={on} onChange={toggle} />
        <span>{t('teacher.onPolicy')}</span>
      </label>
      {on && teacher.delivery !== 'live' ? <p className="hint is-warning">{t('teacher.needsLive')}</p> : null}
    </div>
  );
}
