/** The failure gallery: what went wrong in distillation code before, where, and a race that shows what it does. */
import { useAppStore, useController } from '../appContext.tsx';
import { Dialog } from '../Dialog.tsx';
import { type FaultId, faultIds, faultPreset, faultRun } from './faults.ts';
import { l } from './words.ts';

export function FailuresDialog() {
  return (
    <Dialog title={l('faults.title')}>
      <p>{l('faults.about')}</p>
      <ol className="faults">
        {faultIds.map((id) => (
          <Fault key={id} id={id} />
        ))}
      </ol>
    </Dialog>
  );
}

function Fault({ id }: { id: FaultId }) {
  const store = useAppStore();
  const controller = useController();
  const spec = faultRun(id, { right: l('faults.right'), wrong: l(`fault.${id}.arm`) });
  return (
    <li aria-labelledby={`fault-${id}`}>
      <h3 id={`fault-${id}`}>{l(`fault.${id}.title`)}</h3>
      <p className="small">{l(`fault.${id}.what`)}</p>
      <p className="small quiet">{l(`fault.${id}.where`)}</p>
      {spec === null ? null : (
        <button
          type="button"
          onClick={() => {
            store.setState({ dialog: null, tab: 'see' });
            controller.offer(faultPreset, spec, null);
            void controller.runLive();
          }}
        >
          {l('faults.reproduce')}
        </button>
      )}
    </li>
  );
}
