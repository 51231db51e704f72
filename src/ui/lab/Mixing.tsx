/** How labels and teacher are added up, said as one line of the weights that are in force. */
import { useId } from 'react';
import { limits } from '../../spec/limits.ts';
import type { ObjectiveSpec } from '../../spec/runSpec.ts';
import { termLoss } from '../../spec/terms.ts';
import { useController } from '../appContext.tsx';
import { Slider } from '../Slider.tsx';
import { figures, t } from '../text.ts';
import { termTitle } from './termFacts.ts';
import { l } from './words.ts';

const rules = ['share', 'sum', 'normalised'] as const;

export function Mixing({ base, objective }: { base: string; objective: ObjectiveSpec }) {
  const id = useId();
  const controller = useController();
  const mixing = objective.mixing ?? 'share';
  const ofRun = base === 'objective';
  const slider = (
    path: string,
    label: string,
    value: number,
    range: readonly [number, number],
    hint?: string,
  ) => (
    <Slider
      path={`${base}.${path}`}
      label={label}
      value={value}
      min={range[0]}
      max={range[1]}
      hard={path === 'mix' ? limits.share : path === 'warmup' ? limits.steps : limits.weight}
      whole={path === 'warmup'}
      badge={path === 'warmup' ? undefined : t('field.live')}
      hint={hint}
      onChange={(next) => controller.edit(`${base}.${path}`, next)}
    />
  );
  return (
    <fieldset className="mixing">
      <legend>{l('mixing.title')}</legend>
      <div className="field is-stacked" data-control={`${base}.mixing`}>
        <label htmlFor={id}>{l('mixing.rule')}</label>
        <select
          id={id}
          value={mixing}
          onChange={(event) => controller.edit(`${base}.mixing`, event.currentTarget.value)}
        >
          {rules.map((rule) => (
            <option key={rule} value={rule}>
              {l(`mixing.${rule}`)}
            </option>
          ))}
        </select>
      </div>
      {mixing === 'share' && !ofRun ? slider('mix', t('label.objective.mix'), objective.mix, [0, 1]) : null}
      {mixing === 'share'
        ? null
        : slider('labelWeight', l('mixing.labelWeight'), objective.labelWeight ?? 1, [0, 4])}
      {ofRun ? null : <OwnTemperature base={base} objective={objective} />}
      {slider('warmup', l('mixing.warmup'), objective.warmup ?? 0, [0, 500], l('mixing.warmupHint'))}
      <p className="hint mixing-sum">{inWords(objective)}</p>
    </fieldset>
  );
}

/** The run's own temperature and T² have their places in the card. */
function OwnTemperature({ base, objective }: { base: string; objective: ObjectiveSpec }) {
  const controller = useController();
  return (
    <>
      <Slider
        path={`${base}.temperature`}
        label={t('label.objective.temperature')}
        value={objective.temperature}
        min={0.5}
        max={64}
        hard={limits.temperature}
        scale="log"
        badge={t('field.live')}
        onChange={(next) => controller.edit(`${base}.temperature`, next)}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={objective.scaleByT2}
          onChange={(event) => controller.edit(`${base}.scaleByT2`, event.currentTarget.checked)}
        />
        <span>{t('label.objective.scaleByT2')}</span>
      </label>
    </>
  );
}

/** "0.1 · labels + 0.9 · T² · forward KL": the factors as the gradient has them after the warm-up. */
function inWords(objective: ObjectiveSpec): string {
  const mixing = objective.mixing ?? 'share';
  const labels = mixing === 'share' ? 1 - objective.mix : (objective.labelWeight ?? 1);
  const all = labels + objective.terms.reduce((sum, term) => sum + term.weight, 0);
  const divisor = mixing === 'normalised' && all > 0 ? all : 1;
  const taught = mixing === 'share' ? objective.mix : 1;
  const parts = objective.terms.map((term) => {
    const scaled = objective.scaleByT2 && (term.id === 'formula' || termLoss(term.id)?.scaled === true);
    const factor = figures((taught * term.weight) / divisor);
    return `${factor} · ${scaled ? 'T² · ' : ''}${termTitle(term.id)}`;
  });
  const hidden = objective.hidden;
  const more =
    hidden === null ? [] : [`${figures((taught * hidden.weight) / divisor)} · ${t('hidden.title')}`];
  return l('mixing.words', {
    sum: [`${figures(labels / divisor)} · ${l('mixing.labels')}`, ...parts, ...more].join(' + '),
  });
}
