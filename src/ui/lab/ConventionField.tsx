/** "As in TRL": what another toolkit would compute of this loss, said in sentences before it is taken over. */
import { useId, useState } from 'react';
import { findToolkit, toolkits } from '../../losses/conventions.ts';
import type { ObjectiveSpec } from '../../spec/runSpec.ts';
import { useController } from '../appContext.tsx';
import { asIn } from './asIn.ts';
import { l } from './words.ts';

export function ConventionField({ base, objective }: { base: string; objective: ObjectiveSpec }) {
  const id = useId();
  const controller = useController();
  const [chosen, setChosen] = useState('');
  const toolkit = findToolkit(chosen);
  const adopted = toolkit === undefined ? null : asIn(objective, toolkit);
  return (
    <fieldset className="convention">
      <legend className="visually-hidden">{l('convention.title')}</legend>
      <div className="loss-select">
        <label htmlFor={id}>{l('convention.title')}</label>
        <select id={id} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
          <option value="">{l('convention.own')}</option>
          {toolkits.map((one) => (
            <option key={one.id} value={one.id}>
              {one.title}
            </option>
          ))}
        </select>
      </div>
      <div aria-live="polite">
        {adopted === null ? null : (
          <ul className="hint convention-notes">
            {adopted.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
            <li>{l('convention.source', { source: toolkit?.source ?? '' })}</li>
          </ul>
        )}
      </div>
      {adopted === null ? null : (
        <button
          type="button"
          onClick={() => {
            controller.edit(base, adopted.objective);
            setChosen('');
          }}
        >
          {l('convention.take')}
        </button>
      )}
    </fieldset>
  );
}
