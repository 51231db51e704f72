/** The failure gallery: what went wrong in distillation code before, and for each a race that shows what it does. */
import { type Exhibit, gallery } from '../../spec/gallery.ts';
import { useAppStore, useController } from '../appContext.tsx';
import { Dialog } from '../Dialog.tsx';
import { l } from './words.ts';

const presetId = 'few-labels-1';

export function FailuresDialog() {
  return (
    <Dialog title={l('faults.title')}>
      <p>{l('faults.about')}</p>
      <ol className="faults">
        {gallery.map((exhibit) => (
          <Fault key={exhibit.fault} exhibit={exhibit} />
        ))}
      </ol>
    </Dialog>
  );
}

function Fault({ exhibit: { fault, spec } }: { exhibit: Exhibit }) {
  const store = useAppStore();
  const controller = useController();
  return (
    <li aria-labelledby={`fault-${fault}`}>
      <h3 id={`fault-${fault}`}>{l(`fault.${fault}.title`)}</h3>
      <p className="small">{l(`fault.${fault}.what`)}</p>
      <p className="small quiet">{l(`fault.${fault}.watch`)}</p>
      <button
        type="button"
        onClick={() => {
          store.setState({ dialog: null, tab: 'see' });
          controller.offer(presetId, { ...spec, name: l(`fault.${fault}.title`) }, null);
          void controller.runLive();
        }}
      >
        {l('faults.reproduce', { n: spec.training.steps })}
      </button>
    </li>
  );
}
