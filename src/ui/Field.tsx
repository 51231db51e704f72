/** One control of the table in store/controls.ts, as native elements. It knows no card and no specification. */
import { useEffect, useId, useState } from 'react';
import {
  type ChoiceControl,
  type Control,
  isLive,
  type ListControl,
  type NumberControl,
} from '../store/controls.ts';
import { readPath } from '../store/paths.ts';
import { useApp, useController } from './appContext.tsx';
import { Lockable } from './Lockable.tsx';
import { Slider } from './Slider.tsx';
import { figures, maybe, percent, t } from './text.ts';

export function Field({ control }: { control: Control }) {
  return (
    <Lockable path={control.path}>
      <OneField control={control} />
    </Lockable>
  );
}

function OneField({ control }: { control: Control }) {
  switch (control.kind) {
    case 'number':
      return <NumberField control={control} />;
    case 'choice':
      return <ChoiceField control={control} />;
    case 'flag':
      return <FlagField path={control.path} />;
    case 'list':
      return <ListField control={control} />;
  }
}

function useSetting(path: string): { value: unknown; set(value: unknown): void } {
  const value = useApp((state) => readPath(state.draft, path));
  const controller = useController();
  return { value, set: (next) => controller.edit(path, next) };
}

/** The locale's words for a path, or for the nearest group that it lies in: `student.hidden.0` is one of the hidden widths. */
export function settingLabel(path: string): string {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const words = maybe(`label.${at}`);
    if (words !== undefined) return words;
  }
  return path;
}

function NumberField({ control }: { control: NumberControl }) {
  const { value, set } = useSetting(control.path);
  const number = typeof value === 'number' ? value : (control.standard ?? control.min);
  return (
    <Slider
      path={control.path}
      label={settingLabel(control.path)}
      value={number}
      min={control.min}
      max={control.max}
      hard={control.hard}
      scale={control.scale}
      whole={control.whole}
      badge={isLive(control.path) ? t('field.live') : undefined}
      hint={maybe(`hint.${control.path}`)}
      spoken={(at) =>
        maybe(`spoken.${control.path}`, { value: figures(at), share: percent(at, 0) }) ?? figures(at)
      }
      onChange={set}
    />
  );
}

function ChoiceField({ control }: { control: ChoiceControl }) {
  const id = useId();
  const { value, set } = useSetting(control.path);
  return (
    <div className="field" data-control={control.path}>
      <label htmlFor={id}>{settingLabel(control.path)}</label>
      <select id={id} value={String(value)} onChange={(event) => set(event.currentTarget.value)}>
        {control.options.map((option) => (
          <option key={option} value={option}>
            {maybe(`option.${option}`) ?? option}
          </option>
        ))}
      </select>
    </div>
  );
}

function FlagField({ path }: { path: string }) {
  const { value, set } = useSetting(path);
  const hint = maybe(`hint.${path}`);
  return (
    <div data-control={path}>
      <label className="check">
        <input
          type="checkbox"
          checked={value === true}
          onChange={(event) => set(event.currentTarget.checked)}
        />
        <span>{settingLabel(path)}</span>
      </label>
      {hint === undefined ? null : <p className="hint">{hint}</p>}
    </div>
  );
}

function ListField({ control }: { control: ListControl }) {
  const id = useId();
  const { value, set } = useSetting(control.path);
  const known = Array.isArray(value) ? value.join(', ') : '';
  const [typed, setTyped] = useState<string | null>(null);
  const numbers = parseList(typed ?? known, control);
  // Another value, from wherever, takes the place of what could not be taken.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change that counts
  useEffect(() => setTyped(null), [known]);
  // What cannot be taken stays to be mended, with the reason beside it.
  const commit = () => {
    if (typed === null || numbers === null) return;
    set(numbers);
    setTyped(null);
  };
  return (
    <div className="field" data-control={control.path}>
      <label htmlFor={id}>{settingLabel(control.path)}</label>
      <input
        id={id}
        type="text"
        inputMode="numeric"
        value={typed ?? known}
        aria-invalid={numbers === null}
        aria-describedby={`${id}-hint`}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setTyped(null);
        }}
      />
      <p id={`${id}-hint`} className={numbers === null ? 'hint is-warning' : 'hint'}>
        {numbers === null
          ? t('field.badList', {
              ...{ min: control.hard.min, max: control.hard.max, most: control.most },
              known: known === '' ? t('value.none') : known,
            })
          : t('field.list')}
      </p>
    </div>
  );
}

/** Whole numbers between commas; null where the list may not be taken. */
function parseList(text: string, { hard, fewest, most }: ListControl): readonly number[] | null {
  const parts = text.trim() === '' ? [] : text.split(/[\s,;×]+/).filter((part) => part !== '');
  const numbers = parts.map(Number);
  const good = numbers.every((n) => Number.isInteger(n) && n >= hard.min && n <= hard.max);
  return good && numbers.length >= fewest && numbers.length <= most ? numbers : null;
}
