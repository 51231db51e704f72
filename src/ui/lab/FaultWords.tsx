/** Beside a race from the failure gallery: which mistake its wrong arm makes, what that does, and what to look at. */
import type { ArmFault } from '../../spec/runSpec.ts';
import { useAppStore } from '../appContext.tsx';
import { l } from './words.ts';

export function FaultWords({ fault, id }: { fault: ArmFault; id: string }) {
  const store = useAppStore();
  return (
    <>
      <p className="eyebrow">{l('faults.title')}</p>
      <h2 id={id}>{l(`fault.${fault}.title`)}</h2>
      <p>{l(`fault.${fault}.what`)}</p>
      <p>{l(`fault.${fault}.watch`)}</p>
      <p>
        <button type="button" onClick={() => store.setState({ dialog: 'failures' })}>
          {l('faults.others')}
        </button>
      </p>
    </>
  );
}
