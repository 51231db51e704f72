/** Hidden states as a part of the loss: which layer of the student learns which inner tensor of the teacher, and how. */
import { useEffect, useId, useState } from 'react';
import type { OfferedTensor } from '../../protocol/events.ts';
import { limits } from '../../spec/limits.ts';
import type { HiddenSpec, RunSpec } from '../../spec/runSpec.ts';
import { useApp, useController } from '../appContext.tsx';
import { Slider } from '../Slider.tsx';
import { t } from '../text.ts';
import { LayerMap } from './LayerMap.tsx';
import { hiddenLossesOf, layerWidths, needsMap, pairsBy, projections, withPairLoss } from './layerMaps.ts';
import { SimilarityMap } from './SimilarityMap.tsx';
import { termTitle } from './termFacts.ts';
import { l, maybeLab } from './words.ts';

const usualWeight = 0.1;

export function HiddenStates({ base, hidden }: { base: string; hidden: HiddenSpec | null }) {
  const { student, teacher } = useApp((state) => state.draft);
  const controller = useController();
  const [asking, setAsking] = useState(false);
  const tensors = useTensors(hidden !== null, teacherKey(teacher));
  const edit = (next: HiddenSpec | null) => controller.edit(`${base}.hidden`, next);
  const widths = layerWidths(student);
  const offered = hiddenLossesOf(student);
  // A link may bring a loss that this student has not got.
  const losses = hidden === null || offered.includes(hidden.loss) ? offered : [...offered, hidden.loss];
  return (
    <fieldset className="hidden-states" data-control={`${base}.hidden`}>
      <legend className="visually-hidden">{t('hidden.title')}</legend>
      <label className="check">
        <input
          type="checkbox"
          checked={hidden !== null || asking}
          disabled={widths.length === 0 || asking}
          onChange={async () => {
            if (hidden !== null) return edit(null);
            setAsking(true);
            const names = (await controller.teacherTensors()).map(({ name }) => name);
            setAsking(false);
            const pairs = pairsBy('uniform', widths.length, names);
            if (pairs.length > 0) edit({ loss: 'hidden_mse', weight: usualWeight, pairs, maps: 'pool' });
          }}
        />
        <span>{t('hidden.match')}</span>
      </label>
      <p className="hint" role="status">
        {asking ? l('hidden.asking') : t('hidden.about')}
      </p>
      {hidden === null ? null : (
        <>
          <LayerMap
            pairs={hidden.pairs}
            widths={widths}
            tensors={tensors}
            onChange={(pairs) => edit({ ...hidden, pairs })}
          />
          <Choice
            label={t('label.objective.hidden.loss')}
            value={hidden.loss}
            options={losses}
            name={lossName}
            onChange={(loss) => edit({ ...hidden, loss })}
          />
          <PairLosses hidden={hidden} losses={losses} onChange={(pairs) => edit({ ...hidden, pairs })} />
          {tensors.length === 0 || hidden.pairs.some((pair) => isMap(pair.teacher, tensors)) ? (
            <Choice
              label={t('label.objective.hidden.maps')}
              value={hidden.maps}
              options={['pool', 'flatten'] as const}
              name={(one) => t(one === 'pool' ? 'option.pool' : 'option.flatten')}
              onChange={(maps) => edit({ ...hidden, maps })}
            />
          ) : null}
          {hidden.pairs.some((pair) => needsMap(pair.loss ?? hidden.loss)) ? (
            <Choice
              label={l('hidden.projection')}
              value={hidden.projection ?? 'xavier'}
              options={projections}
              name={(one) => l(`projection.${one}`)}
              onChange={(projection) => edit({ ...hidden, projection })}
            />
          ) : null}
          {hidden.pairs.some((pair) => (pair.loss ?? hidden.loss) === 'mmd_rbf') ? (
            <Slider
              path={`${base}.hidden.sigma`}
              label={l('hidden.sigma')}
              value={hidden.sigma ?? 0}
              min={0}
              max={10}
              hard={limits.weight}
              badge={t('field.live')}
              hint={l('hidden.sigmaHint')}
              onChange={(value) => controller.edit(`${base}.hidden.sigma`, value)}
            />
          ) : null}
          <label className="check">
            <input
              type="checkbox"
              checked={hidden.balance === true}
              onChange={(event) => edit({ ...hidden, balance: event.currentTarget.checked })}
            />
            <span>{l('hidden.balance')}</span>
          </label>
          <Slider
            path={`${base}.hidden.weight`}
            label={l('editor.weight')}
            value={hidden.weight}
            min={0}
            max={4}
            hard={limits.weight}
            badge={t('field.live')}
            onChange={(value) => controller.edit(`${base}.hidden.weight`, value)}
          />
        </>
      )}
      {widths.length === 0 ? null : <SimilarityMap pairs={hidden?.pairs ?? []} />}
    </fieldset>
  );
}

type HiddenLoss = HiddenSpec['loss'];

const lossName = (loss: HiddenLoss): string => maybeLab(`hidden.${loss}`) ?? termTitle(loss);

/** A distance for each pair, where there are several: MiniLM compares weights and values of one layer. */
function PairLosses({
  hidden,
  losses,
  onChange,
}: {
  hidden: HiddenSpec;
  losses: readonly HiddenLoss[];
  onChange(pairs: HiddenSpec['pairs']): void;
}) {
  if (hidden.pairs.length < 2) return null;
  return (
    <details>
      <summary>{l('hidden.pairs')}</summary>
      {hidden.pairs.map((pair, i) => (
        <Choice
          key={`${pair.student} ${pair.teacher}`}
          label={l('hidden.pair', { n: pair.student + 1, tensor: pair.teacher })}
          value={pair.loss ?? 'as all'}
          options={['as all', ...losses] as const}
          name={(one) =>
            one === 'as all' ? l('hidden.asAll', { loss: lossName(hidden.loss) }) : lossName(one)
          }
          onChange={(loss) => onChange(withPairLoss(hidden.pairs, i, loss === 'as all' ? undefined : loss))}
        />
      ))}
    </details>
  );
}

/** Whether the teacher's tensor is maps of channels, [B, C, H, W]; one of unknown shape may be. */
function isMap(name: string, tensors: readonly OfferedTensor[]): boolean {
  const rank = tensors.find((tensor) => tensor.name === name)?.shape.length ?? 0;
  return rank === 4 || rank === 0;
}

/** Asked of the engine once for each teacher, and only where they are needed. */
function useTensors(wanted: boolean, teacher: string): readonly OfferedTensor[] {
  const controller = useController();
  const [found, setFound] = useState<{ teacher: string; tensors: readonly OfferedTensor[] } | null>(null);
  const known = found !== null && found.teacher === teacher;
  useEffect(() => {
    if (!wanted || known) return;
    let left = false;
    void controller.teacherTensors().then((tensors) => {
      if (!left) setFound({ teacher, tensors });
    });
    return () => {
      left = true;
    };
  }, [wanted, known, teacher, controller]);
  return known ? found.tensors : [];
}

interface ChoiceProps<Option extends string> {
  readonly label: string;
  readonly value: Option;
  readonly options: readonly Option[];
  name(option: Option): string;
  onChange(option: Option): void;
}

function Choice<Option extends string>({ label, value, options, name, onChange }: ChoiceProps<Option>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option === event.currentTarget.value);
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {options.map((option) => (
          <option key={option} value={option}>
            {name(option)}
          </option>
        ))}
      </select>
    </div>
  );
}

function teacherKey(teacher: RunSpec['teacher']): string {
  switch (teacher.source) {
    case 'builtin':
      return teacher.id;
    case 'file':
      return teacher.sha256;
    case 'none':
    case 'average':
    case 'several':
      return '';
    case 'hub':
      return `${teacher.repository}@${teacher.revision}:${teacher.model}`;
  }
}
