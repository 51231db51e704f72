/** Hidden states as a part of the loss: which layer of the student learns which inner tensor of the teacher, and how. */
import { useEffect, useId, useState } from 'react';
import type { OfferedTensor } from '../protocol/events.ts';
import { limits } from '../spec/limits.ts';
import type { HiddenSpec, StudentSpec } from '../spec/runSpec.ts';
import { useApp, useController } from './appContext.tsx';
import { t } from './text.ts';

const usualWeight = 0.1;

export function HiddenField() {
  const { objective, student, teacher } = useApp((state) => state.draft);
  const controller = useController();
  const { hidden } = objective;
  const tensors = useTensors(hidden !== null, teacher.source === 'file' ? teacher.sha256 : teacher.id);
  const edit = (next: HiddenSpec | null) => controller.edit('objective.hidden', next);
  const layers = layersOf(student);
  return (
    <fieldset className="hidden-states" data-control="objective.hidden">
      <legend className="visually-hidden">{t('hidden.title')}</legend>
      <label className="check">
        <input
          type="checkbox"
          checked={hidden !== null}
          disabled={layers.length === 0}
          onChange={async () => {
            if (hidden !== null) return edit(null);
            const [first] = await controller.teacherTensors();
            if (first !== undefined) edit(firstMatch(first.name));
          }}
        />
        <span>{t('hidden.match')}</span>
      </label>
      <p className="hint">{t('hidden.about')}</p>
      {hidden === null ? null : (
        <>
          {hidden.pairs.map((pair, at) => (
            <Pair
              // biome-ignore lint/suspicious/noArrayIndexKey: a pair is its place in the list
              key={at}
              pair={pair}
              layers={layers}
              tensors={tensors}
              onChange={(next) => edit({ ...hidden, pairs: hidden.pairs.with(at, next) })}
              onRemove={
                hidden.pairs.length < 2
                  ? null
                  : () => edit({ ...hidden, pairs: hidden.pairs.filter((_, i) => i !== at) })
              }
            />
          ))}
          <AddPair hidden={hidden} tensors={tensors} edit={edit} />
          <Choice
            label={t('label.objective.hidden.loss')}
            value={hidden.loss}
            options={['hidden_mse', 'hidden_cosine']}
            name={(one) => t(one === 'hidden_mse' ? 'option.hidden_mse' : 'option.hidden_cosine')}
            onChange={(loss) => edit({ ...hidden, loss: loss === 'hidden_cosine' ? loss : 'hidden_mse' })}
          />
          <Choice
            label={t('label.objective.hidden.maps')}
            value={hidden.maps}
            options={['pool', 'flatten']}
            name={(one) => t(one === 'pool' ? 'option.pool' : 'option.flatten')}
            onChange={(maps) => edit({ ...hidden, maps: maps === 'flatten' ? maps : 'pool' })}
          />
        </>
      )}
    </fieldset>
  );
}

function firstMatch(teacher: string): HiddenSpec {
  return {
    loss: 'hidden_mse',
    weight: usualWeight,
    pairs: [{ student: 0, teacher }],
    maps: 'pool',
  };
}

/** What can be matched in a student: `Layer 1 (256)`. */
function layersOf(student: StudentSpec): readonly string[] {
  return widthsOf(student).map((width, i) => t('hidden.layer', { n: i + 1, width }));
}

function widthsOf(student: StudentSpec): readonly number[] {
  switch (student.kind) {
    case 'mlp':
      return student.hidden;
    case 'cnn':
      return student.hidden > 0 ? [...student.channels, student.hidden] : student.channels;
    case 'transformer':
    case 'causal_conv':
      return Array.from({ length: student.layers }, () => student.width);
  }
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

interface PairProps {
  readonly pair: HiddenSpec['pairs'][number];
  readonly layers: readonly string[];
  readonly tensors: readonly OfferedTensor[];
  readonly onRemove: (() => void) | null;
  onChange(pair: HiddenSpec['pairs'][number]): void;
}

function Pair({ pair, layers, tensors, onChange, onRemove }: PairProps) {
  const names = tensors.map(({ name }) => name);
  const offered = names.includes(pair.teacher) ? names : [pair.teacher, ...names];
  const shapeOf = (name: string) => {
    const shape = tensors.find((one) => one.name === name)?.shape.slice(1);
    return shape === undefined || shape.length === 0 ? name : `${name} (${shape.join(' × ')})`;
  };
  return (
    <div className="pair">
      <Choice
        label={t('hidden.student')}
        value={String(pair.student)}
        options={layers.map((_, i) => String(i))}
        name={(one) => layers[Number(one)] ?? one}
        onChange={(value) => onChange({ ...pair, student: Number(value) })}
      />
      <Choice
        label={t('hidden.teacher')}
        value={pair.teacher}
        options={offered}
        name={shapeOf}
        onChange={(value) => onChange({ ...pair, teacher: value })}
      />
      {onRemove === null ? null : (
        <button type="button" className="plain" onClick={onRemove}>
          {t('hidden.remove')}
        </button>
      )}
    </div>
  );
}

interface AddPairProps {
  readonly hidden: HiddenSpec;
  readonly tensors: readonly OfferedTensor[];
  edit(next: HiddenSpec): void;
}

function AddPair({ hidden, tensors, edit }: AddPairProps) {
  const taken = new Set(hidden.pairs.map((pair) => pair.teacher));
  const next = tensors.find(({ name }) => !taken.has(name));
  if (next === undefined || hidden.pairs.length >= limits.pairs.max) return null;
  const add = () => edit({ ...hidden, pairs: [...hidden.pairs, { student: 0, teacher: next.name }] });
  return (
    <button type="button" className="plain" onClick={add}>
      {t('hidden.add')}
    </button>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  name(option: string): string;
  onChange(option: string): void;
}

function Choice({ label, value, options, name, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {name(option)}
          </option>
        ))}
      </select>
    </div>
  );
}
