/** Losses of the catalogue as options of a list, by family. */
import { catalogue, families, familyOf } from './families.ts';
import { l } from './words.ts';

export function LossOptions({ ids }: { ids: readonly string[] }) {
  const offered = catalogue.filter(({ id }) => ids.includes(id));
  const strange = ids.filter((id) => id !== 'formula' && !offered.some((entry) => entry.id === id));
  return (
    <>
      {strange.map((id) => (
        <option key={id} value={id}>
          {id}
        </option>
      ))}
      {families.map((family) => {
        const own = offered.filter(({ id }) => familyOf(id) === family);
        return own.length === 0 ? null : (
          <optgroup key={family} label={l(`family.${family}`)}>
            {own.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </optgroup>
        );
      })}
      {ids.includes('formula') ? <option value="formula">{l('formula.own')}</option> : null}
    </>
  );
}
