/**
 * A teacher from the hub by its id: first its facts (licence, sizes, memory, what speaks against each model), then, at a
 * second click, the choice that downloads it. What was downloaded is the dialog's affair.
 */

import { type FormEvent, useState } from 'react';
import type { HubModel, HubOffer, HubVariant } from '../protocol/hub.ts';
import type { ErrorDetail } from '../spec/errors.ts';
import { askHub } from '../store/questions.ts';
import { useController } from './appContext.tsx';
import { d } from './dialogWords.ts';
import { ErrorFacts } from './ErrorFacts.tsx';
import { bytes } from './text.ts';

export function HubPanel({ choose }: { choose: (model: HubModel) => void }) {
  const controller = useController();
  const [address, setAddress] = useState('');
  const [found, setFound] = useState<HubOffer | ErrorDetail | 'asking' | null>(null);
  const ask = async (event: FormEvent) => {
    event.preventDefault();
    setFound('asking');
    setFound(await controller.inquire((live) => askHub(live, address)));
  };
  return (
    <section className="hub" aria-labelledby="hub-title" data-control="teacher.hub">
      <h3 id="hub-title">{d('hub.title')}</h3>
      <form className="row" onSubmit={(event) => void ask(event)}>
        <label className="field">
          {d('hub.address')}
          <input
            type="text"
            spellCheck={false}
            autoComplete="off"
            placeholder="onnx-community/SmolLM2-135M-ONNX"
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
        </label>
        <button type="submit" disabled={found === 'asking' || address.trim() === ''}>
          {d(found === 'asking' ? 'hub.asking' : 'hub.ask')}
        </button>
      </form>
      <p className="hint">{d('hub.about')}</p>
      {found === null || found === 'asking' ? null : 'code' in found ? (
        <div className="notice is-error" role="alert">
          <ErrorFacts detail={found} />
        </div>
      ) : (
        <Offer key={found.revision} offer={found} choose={choose} />
      )}
    </section>
  );
}

function Offer({ offer, choose }: { offer: HubOffer; choose: (model: HubModel) => void }) {
  const { repository, revision, licence, variants } = offer;
  const [model, setModel] = useState(variants.find(({ fits }) => fits)?.model ?? '');
  const chosen = variants.find((variant) => variant.model === model);
  const rest = chosen === undefined ? 0 : chosen.bytes - chosen.stored;
  return (
    <div className="found">
      <dl className="facts">
        <div>
          <dt>{d('hub.licence')}</dt>
          <dd>{licence ?? d('hub.noLicence')}</dd>
        </div>
        <div>
          <dt>{d('hub.revision')}</dt>
          <dd className="mono">{revision.slice(0, 12)}</dd>
        </div>
      </dl>
      <fieldset>
        <legend>{d('hub.models')}</legend>
        {variants.map((variant) => (
          <Variant
            key={variant.model}
            variant={variant}
            checked={variant.model === model}
            choose={() => setModel(variant.model)}
          />
        ))}
      </fieldset>
      <button
        type="button"
        className="primary"
        disabled={chosen?.fits !== true}
        onClick={() => choose({ repository, revision, model })}
      >
        {rest > 0 ? d('hub.download', { size: bytes(rest) }) : d('hub.use')}
      </button>
    </div>
  );
}

function Variant({
  variant,
  checked,
  choose,
}: {
  variant: HubVariant;
  checked: boolean;
  choose: () => void;
}) {
  const { model, bytes: size, stored, memory, concerns, fits } = variant;
  return (
    <div>
      <label className="check">
        <input type="radio" name="hub-model" checked={checked} disabled={!fits} onChange={choose} />
        <span>
          <span className="mono">{model}</span>{' '}
          <span className="quiet">{d('hub.sizes', { size: bytes(size), memory: bytes(memory) })}</span>
          {stored > 0 ? <span className="quiet"> {d('hub.stored', { size: bytes(stored) })}</span> : null}
        </span>
      </label>
      {concerns.map((concern) => (
        <p className="hint" key={concern.code}>
          {concern.problem}. {concern.remedy === undefined ? '' : `${concern.remedy}.`}
        </p>
      ))}
    </div>
  );
}
