/** Whether a link takes the result along, where there is one of the settings that it holds. */
import { resultOf } from '../store/visit.ts';
import { useApp } from './appContext.tsx';
import { d } from './dialogWords.ts';

export function WithResult({ checked, onChange }: { checked: boolean; onChange(checked: boolean): void }) {
  const none = useApp((state) => resultOf(state) === null);
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          checked={checked && !none}
          disabled={none}
          onChange={(event) => onChange(event.target.checked)}
        />
        {d('share.withResult')}
      </label>
      {none ? <p className="hint">{d('share.noResult')}</p> : null}
    </>
  );
}
