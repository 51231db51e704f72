/**
 * A range with a number box beside it: the range has the useful values, the box takes anything up to the hard limit
 * and warns outside of the range. The range speaks its value in words.
 */
import { useEffect, useId, useState } from 'react';
import type { Range } from '../spec/limits.ts';
import { type AppState, currentRun } from '../store/state.ts';
import { useApp } from './appContext.tsx';
import { figures, t } from './text.ts';

interface Props {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly hard: Range;
  readonly scale?: 'linear' | 'log';
  readonly whole?: boolean;
  /** What a screen reader says for the value: "2.5, softer". */
  readonly spoken?: (value: number) => string;
  /** Beside the label: what kind of setting it is. */
  readonly badge?: string | undefined;
  readonly hint?: string | undefined;
  readonly path?: string;
  readonly disabled?: boolean;
  readonly ends?: readonly [string, string];
  onChange(value: number): void;
}

const resolution = 1000;

/** Whether live settings are that just now: a recording is as it was made, and a finished run takes no more steps. */
function actsAtOnce(state: AppState): boolean {
  const run = currentRun(state);
  return run?.origin === 'live' && run.state !== 'finished';
}

export function Slider(props: Props) {
  const { label, value, min, max, hard, badge, hint, path, disabled = false, ends } = props;
  const acts = useApp(actsAtOnce);
  const id = useId();
  const at = toPosition(value, props);
  const [typed, setTyped] = useState<string | null>(null);
  const bad = typed !== null && !accepts(typed, props);
  // Another value, from wherever, takes the place of what could not be taken.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change that counts
  useEffect(() => setTyped(null), [value]);
  const outside = !bad && Number.isFinite(value) && (value < min || value > max);
  const described = [hint === undefined ? '' : `${id}-hint`, outside || bad ? `${id}-outside` : '']
    .filter((part) => part !== '')
    .join(' ');
  return (
    <div className="slider" id={path === undefined ? undefined : `slider-${path}`} data-control={path}>
      <div className="slider-head">
        <span className="slider-name">
          <label htmlFor={id}>{label}</label>
          {badge === undefined || (badge === t('field.live') && !acts) ? null : (
            <span className="badge" title={badge === t('field.live') ? t('field.liveHint') : undefined}>
              {badge}
            </span>
          )}
        </span>
        <NumberBox {...props} {...{ typed, bad, setTyped }} name={label} describedBy={described} />
      </div>
      <input
        id={id}
        type="range"
        min={0}
        max={resolution}
        step={1}
        value={at}
        disabled={disabled}
        aria-valuetext={props.spoken?.(value) ?? figures(value)}
        aria-describedby={described === '' ? undefined : described}
        style={{ '--at': `${(at / resolution) * 100}%` } as React.CSSProperties}
        onChange={(event) => {
          setTyped(null);
          props.onChange(fromPosition(event.currentTarget.valueAsNumber, props));
        }}
      />
      {ends === undefined ? null : (
        <div className="slider-ends" aria-hidden="true">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </div>
      )}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
      {bad ? (
        <p id={`${id}-outside`} className="hint is-warning">
          {t(props.whole === true ? 'slider.badWhole' : 'slider.bad', {
            ...{ min: figures(hard.min), max: figures(hard.max), known: round(value) },
          })}
        </p>
      ) : null}
      {outside ? (
        <p id={`${id}-outside`} className="hint is-warning">
          {t('slider.outside', { min: figures(min), max: figures(max), hard: figures(hard.max) })}
        </p>
      ) : null}
    </div>
  );
}

interface BoxProps extends Props {
  readonly name: string;
  readonly describedBy: string;
  /** What is being typed; null where it is the value itself. */
  readonly typed: string | null;
  readonly bad: boolean;
  setTyped(typed: string | null): void;
}

/** Takes what is typed when it is a number inside the hard limits; what is not stays to be mended, with the reason below. */
function NumberBox(props: BoxProps) {
  const { value, hard, disabled = false, name, typed, bad, setTyped } = props;
  const commit = () => {
    if (typed === null || bad) return;
    props.onChange(Number(typed));
    setTyped(null);
  };
  return (
    <input
      type="number"
      className={bad ? 'is-bad' : ''}
      aria-label={t('slider.box', { name })}
      aria-invalid={bad}
      aria-describedby={props.describedBy === '' ? undefined : props.describedBy}
      min={hard.min}
      max={hard.max}
      step="any"
      disabled={disabled}
      value={typed ?? round(value)}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
        if (event.key === 'Escape') setTyped(null);
      }}
    />
  );
}

function accepts(typed: string, { hard, whole = false }: Props): boolean {
  const number = Number(typed);
  if (typed.trim() === '' || !Number.isFinite(number)) return false;
  return number >= hard.min && number <= hard.max && (!whole || Number.isInteger(number));
}

function round(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : '';
}

function toPosition(value: number, { min, max, scale }: Props): number {
  const clamped = Math.min(max, Math.max(min, value));
  const share =
    scale === 'log' ? Math.log(clamped / min) / Math.log(max / min) : (clamped - min) / (max - min);
  return Math.round(share * resolution);
}

function fromPosition(position: number, { min, max, scale, whole = false }: Props): number {
  const share = position / resolution;
  const value = scale === 'log' ? min * (max / min) ** share : min + share * (max - min);
  return whole ? Math.round(value) : Number(value.toPrecision(3));
}
