/**
 * The loss of the run, or of one arm that has its own: up to four terms with their weights and parameters, how labels
 * and teacher are mixed, hidden states, and the losses that it is raced against.
 */
import { useId, useState } from 'react';
import type { ObjectiveSpec, RunSpec } from '../../spec/runSpec.ts';
import { useApp, useAppStore } from '../appContext.tsx';
import { armName } from '../palette.ts';
import { ConventionField } from './ConventionField.tsx';
import { HiddenStates } from './HiddenStates.tsx';
import { Mixing } from './Mixing.tsx';
import { Race } from './Race.tsx';
import { TermList } from './TermList.tsx';
import { l } from './words.ts';

export function LossEditor() {
  const draft = useApp((state) => state.draft);
  const store = useAppStore();
  const [wanted, setWanted] = useState(-1);
  const arm = ownObjective(draft, wanted) === null ? -1 : wanted;
  const objective = ownObjective(draft, arm) ?? draft.objective;
  const base = arm < 0 ? 'objective' : `arms.${arm}.objective`;
  return (
    <div className="loss-editor">
      <Targets draft={draft} arm={arm} onChange={setWanted} />
      <TermList base={base} terms={objective.terms} />
      <Mixing base={base} objective={objective} />
      <ConventionField base={base} objective={objective} />
      <HiddenStates base={base} hidden={objective.hidden} />
      <Race draft={draft} objective={objective} onAdded={setWanted} />
      <div className="editor-more">
        <button
          type="button"
          className="plain"
          onClick={() => store.setState({ dialog: 'catalogue', topic: objective.terms[0]?.id ?? null })}
        >
          {l('catalogue.open')}
        </button>
        <button type="button" className="plain" onClick={() => store.setState({ dialog: 'verify' })}>
          {l('verify.open')}
        </button>
        <button type="button" className="plain" onClick={() => store.setState({ dialog: 'failures' })}>
          {l('faults.open')}
        </button>
      </div>
    </div>
  );
}

function ownObjective(draft: RunSpec, arm: number): ObjectiveSpec | null {
  return draft.arms[arm]?.objective ?? null;
}

/** Whose loss is edited; only where an arm has its own. */
function Targets({ draft, arm, onChange }: { draft: RunSpec; arm: number; onChange(arm: number): void }) {
  const name = useId();
  const own = draft.arms.flatMap((spec, index) => (spec.objective === undefined ? [] : [index]));
  if (own.length === 0) return null;
  return (
    <fieldset className="chips">
      <legend>{l('editor.target')}</legend>
      {[-1, ...own].map((index) => (
        <label key={index} className="chip">
          <input
            type="radio"
            name={name}
            className="visually-hidden"
            checked={index === arm}
            onChange={() => onChange(index)}
          />
          <span>{index < 0 ? l('editor.run') : armName(draft.arms, index)}</span>
        </label>
      ))}
    </fieldset>
  );
}
