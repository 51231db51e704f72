/** Arms with a loss of their own: the same batches, the same teacher's answers, another objective. */
import { limits } from '../../spec/limits.ts';
import type { ArmSpec, ObjectiveSpec, RunSpec } from '../../spec/runSpec.ts';
import { useAppStore, useController } from '../appContext.tsx';
import { armName } from '../palette.ts';
import { trainableIds } from './families.ts';
import { goToFormula } from './goToFormula.ts';
import { LossSelect } from './LossSelect.tsx';
import { freshTerm, termTitle } from './termFacts.ts';
import { l } from './words.ts';

interface Props {
  readonly draft: RunSpec;
  /** What a new arm starts from. */
  readonly objective: ObjectiveSpec;
  onAdded(arm: number): void;
}

export function Race({ draft, objective, onAdded }: Props) {
  const controller = useController();
  const store = useAppStore();
  const { arms } = draft;
  const own = arms.flatMap((spec, index) => (spec.objective === undefined ? [] : [index]));
  const add = (id: string) => {
    const arm: ArmSpec = {
      kind: 'distilled',
      name: freshName(arms, termTitle(id)),
      objective: { ...structuredClone(objective), terms: [freshTerm(id)] },
    };
    controller.edit('arms', [...arms, arm]);
    onAdded(arms.length);
    if (id === 'formula') goToFormula(store);
  };
  return (
    <fieldset className="race-editor" data-control="arms">
      <legend>{l('race.title')}</legend>
      {own.length === 0 ? <p className="hint">{l('race.about')}</p> : null}
      <ul>
        {own.map((index) => (
          <li key={index} className="row">
            <span>{armName(arms, index)}</span>
            <button
              type="button"
              className="plain icon-only"
              aria-label={l('lens.remove', { title: armName(arms, index) })}
              title={l('lens.remove', { title: armName(arms, index) })}
              onClick={() =>
                controller.edit(
                  'arms',
                  arms.filter((_, at) => at !== index),
                )
              }
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      {arms.length >= limits.arms.max ? (
        <p className="hint">{l('race.most', { n: limits.arms.max })}</p>
      ) : (
        <LossSelect label={l('race.add')} ids={trainableIds} onChoose={add} />
      )}
    </fieldset>
  );
}

/** A second arm of a loss is told apart by a number. */
function freshName(arms: readonly ArmSpec[], title: string): string {
  const taken = arms.filter((arm) => arm.name === title || arm.name?.startsWith(`${title} `)).length;
  return (taken === 0 ? title : `${title} ${taken + 1}`).slice(0, limits.nameLength.max);
}
