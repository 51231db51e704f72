/** A list of the losses of the catalogue, by family, from which one is taken at a time. */
import { useId } from 'react';
import { families, familyOf, type RowEntry, rowEntries } from './families.ts';
import { l } from './words.ts';

interface Props {
  readonly label: string;
  /** Ids that are not offered. */
  readonly without: readonly string[];
  onChoose(entry: RowEntry): void;
}

export function LossSelect({ label, without, onChoose }: Props) {
  const id = useId();
  const offered = rowEntries.filter((entry) => !without.includes(entry.id));
  return (
    <div className="loss-select">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value=""
        onChange={(event) => {
          const entry = offered.find((one) => one.id === event.currentTarget.value);
          if (entry !== undefined) onChoose(entry);
        }}
      >
        <option value="" disabled>
          {l('select.choose')}
        </option>
        {families.map((family) => {
          const own = offered.filter((entry) => familyOf(entry.id) === family);
          return own.length === 0 ? null : (
            <optgroup key={family} label={l(`family.${family}`)}>
              {own.map((entry) => (
                <option key={entry.id} value={entry.id}>
                  {entry.title}
                </option>
              ))}
            </optgroup>
          );
        })}
      </select>
    </div>
  );
}
