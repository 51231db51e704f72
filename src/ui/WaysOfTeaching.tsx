/** Who teaches, and of what, where that is no single number or word: an averaged copy, two teachers, the student's own texts. */
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

/** The built-in teachers of a task; a second one may join the first. */
const ofGlyphs = ['glyphs-mlp', 'glyphs-mlp-noisy'] as const;

export function SeveralField() {
  const { teacher, data } = useApp((state) => state.draft);
  const given = useApp((state) => presets.get(state.presetId)?.spec.teacher);
  const controller = useController();
  const on = teacher.source === 'several';
  if (data.task !== 'glyphs' || given?.source !== 'builtin' || !(on || teacher.source === 'builtin'))
    return null;
  const { provider } = teacher;
  const members = ofGlyphs.map((id) => ({ source: 'builtin' as const, id, weight: 0.5 }));
  const both = { source: 'several' as const, members, combine: 'probabilities' as const };
  return (
    <div data-control="teacher.members">
      <label className="check">
        <input
          type="checkbox"
          checked={on}
          onChange={() => controller.edit('teacher', on ? given : { ...both, delivery: 'pack', provider })}
        />
        <span>{t('teacher.several')}</span>
      </label>
      {on ? <p className="hint">{t('teacher.severalHint')}</p> : null}
    </div>
  );
}
