/** A list of losses from which one is taken at a time. */
import { useId } from 'react';
import { LossOptions } from './LossOptions.tsx';
import { l } from './words.ts';

interface Props {
  readonly label: string;
  /** What is offered. */
  readonly ids: readonly string[];
  onChoose(id: string): void;
}

export function LossSelect({ label, ids, onChoose }: Props) {
  const id = useId();
  return (
    <div className="loss-select">
      <label htmlFor={id}>{label}</label>
      <select id={id} value="" onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="" disabled>
          {l('select.choose')}
        </option>
        <LossOptions ids={ids} />
      </select>
    </div>
  );
}
