/**
 * Layers of the student on the left, tensors of the teacher on the right, a line for each pair. A layer is chosen, then a
 * tensor joins it or leaves it; all are buttons, so the keyboard does the same, and each says what it is joined to.
 */
import { useState } from 'react';
import type { OfferedTensor } from '../../protocol/events.ts';
import type { HiddenSpec } from '../../spec/runSpec.ts';
import { t } from '../text.ts';
import { layerRules, pairsBy, togglePair } from './layerMaps.ts';
import { l } from './words.ts';

type Pairs = HiddenSpec['pairs'];

interface Props {
  readonly pairs: Pairs;
  /** Widths of the student's layers. */
  readonly widths: readonly number[];
  readonly tensors: readonly OfferedTensor[];
  onChange(pairs: Pairs): void;
}

const row = 34;

export function LayerMap({ pairs, widths, tensors, onChange }: Props) {
  const [chosen, setChosen] = useState(0);
  const names = tensors.map(({ name }) => name);
  // A link may name a tensor that this teacher does not offer.
  const strange = pairs.map(({ teacher }) => teacher).filter((name) => !names.includes(name));
  const offered = [...names, ...new Set(strange)];
  const layer = Math.min(chosen, widths.length - 1);
  const layerName = (at: number) => t('hidden.layer', { n: at + 1, width: widths[at] ?? 0 });
  const partners = (at: number) =>
    pairs.filter(({ student }) => student === at).map(({ teacher }) => teacher);
  const height = row * Math.max(widths.length, offered.length);
  return (
    <div className="layer-map">
      <div className="row" role="group" aria-label={l('layers.rules')}>
        {layerRules.map((rule) => (
          <button
            key={rule}
            type="button"
            className="plain"
            title={l(`layers.${rule}.about`)}
            onClick={() => {
              const next = pairsBy(rule, widths.length, names);
              if (next.length > 0) onChange(next);
            }}
          >
            {l(`layers.${rule}`)}
          </button>
        ))}
      </div>
      <div className="layer-columns" style={{ height: `${height}px` }}>
        <ul aria-label={t('hidden.student')}>
          {widths.map((_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a layer is its place
            <li key={at}>
              <button
                type="button"
                aria-pressed={at === layer}
                aria-label={l('layers.layer', { layer: layerName(at), to: listed(partners(at)) })}
                onClick={() => setChosen(at)}
              >
                {layerName(at)}
              </button>
            </li>
          ))}
        </ul>
        <svg aria-hidden="true" viewBox={`0 0 100 ${height}`} preserveAspectRatio="none">
          {pairs.map(({ student, teacher }) => {
            const [from, to] = [row * (student + 0.5), row * (offered.indexOf(teacher) + 0.5)];
            return (
              <path
                key={`${student} ${teacher}`}
                className={student === layer ? 'is-chosen' : undefined}
                d={`M0 ${from} C50 ${from} 50 ${to} 100 ${to}`}
              />
            );
          })}
        </svg>
        <ul aria-label={t('hidden.teacher')}>
          {offered.map((name) => (
            <li key={name}>
              <button
                type="button"
                aria-pressed={partners(layer).includes(name)}
                aria-label={l('layers.tensor', { tensor: sized(name, tensors), layer: layerName(layer) })}
                title={sized(name, tensors)}
                onClick={() => onChange(togglePair(pairs, layer, name))}
              >
                {sized(name, tensors)}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? l('layers.nothing') : names.join(', ');
}

function sized(name: string, tensors: readonly OfferedTensor[]): string {
  const shape = tensors.find((one) => one.name === name)?.shape.slice(1) ?? [];
  return shape.length === 0 ? name : `${name} (${shape.join(' × ')})`;
}
