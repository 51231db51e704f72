/**
 * The picture of a sweep: the headline against the value, a line for each arm through its means, its seeds as points, the
 * interval over them as a bar, the teacher's line. A cursor stands on one value; keys and clicks move it.
 */
import { type KeyboardEvent, type MouseEvent, useId } from 'react';
import type { ArmSpec } from '../../spec/runSpec.ts';
import type { SweepPoint, SweepView } from '../../store/sweepView.ts';
import { armLook, armName, type Look, line, teacherLook, text } from '../palette.ts';
import { figures, t } from '../text.ts';
import { valueText } from './sweepWords.ts';
import { useWidth } from './useWidth.ts';
import { l } from './words.ts';

interface Props {
  readonly view: SweepView;
  readonly arms: readonly ArmSpec[];
  /** The setting's name. */
  readonly label: string;
  /** The value under the cursor, and what is said of it. */
  readonly at: number;
  readonly spoken: string;
  onMove(value: number): void;
}

const height = 280;
const [top, bottom, left] = [14, 44, 46];
/** Pixels of a letter, roughly; of a mark's way beside another arm's. */
const [letter, aside] = [6.6, 5];

export function SweepPlot({ view, arms, label, at, spoken, onMove }: Props) {
  const id = useId();
  const [host, width] = useWidth<HTMLDivElement>(640);
  const { values } = view;
  const names = arms.map((_, arm) => armName(arms, arm));
  const right =
    width < 380 ? 14 : 18 + letter * Math.max(...[...names, t('arm.teacher')].map((one) => one.length));
  const x = across(view, left + 16, width - right - 12);
  const [low, high] = rangeOf(view);
  const y = (score: number) => top + ((high - score) / (high - low)) * (height - top - bottom);
  const scale = { x, y };
  const move = (event: KeyboardEvent) => {
    const place = values.indexOf(at);
    const to = keys.get(event.key)?.(place, values.length - 1);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(values[Math.min(values.length - 1, Math.max(0, to))] ?? at);
  };
  const point = (event: MouseEvent<HTMLDivElement>) => {
    const here = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const nearest = [...values].sort((a, b) => Math.abs(x(a) - here) - Math.abs(x(b) - here))[0];
    if (nearest !== undefined) onMove(nearest);
  };
  return (
    <div
      ref={host}
      className="chart-host sweep-plot"
      role="slider"
      tabIndex={0}
      aria-label={l('sweep.cursor', { name: label })}
      aria-valuemin={values[0]}
      aria-valuemax={values.at(-1)}
      aria-valuenow={at}
      aria-valuetext={spoken}
      onKeyDown={move}
      onClick={point}
    >
      <svg width={width} height={height} aria-hidden="true">
        {ticksOf(low, high).map((score) => (
          <g key={score}>
            <line className="sweep-grid" x1={left} x2={width - right} y1={y(score)} y2={y(score)} />
            <text className="picture-word" x={left - 8} y={y(score) + 4} textAnchor="end">
              {tickText(view, score)}
            </text>
          </g>
        ))}
        <line className="sweep-cursor" x1={x(at)} x2={x(at)} y1={top} y2={height - bottom} />
        {spaced(values, x).map((value) => (
          <text
            key={value}
            className="picture-word"
            x={x(value)}
            y={height - bottom + 18}
            textAnchor="middle"
          >
            {valueText(value)}
          </text>
        ))}
        <text
          className="picture-word is-name"
          x={(left + width - right) / 2}
          y={height - 6}
          textAnchor="middle"
        >
          {label}
        </text>
        <Path look={teacherLook} points={view.teacher.map(({ value, score }) => [x(value), y(score)])} />
        {view.arms.map((own, arm) => (
          <Arm
            key={names[arm]}
            look={armLook(arms, arm)}
            points={own}
            scale={scale}
            shift={(arm - (arms.length - 1) / 2) * aside}
            clip={`url(#${id})`}
          />
        ))}
        <clipPath id={id}>
          <rect x={0} y={top - 6} width={width} height={height - top - bottom + 12} />
        </clipPath>
        {width < 380 ? null : <Names {...{ view, arms, names, y }} place={width - right + 6} />}
      </svg>
    </div>
  );
}

interface Scale {
  x(value: number): number;
  y(score: number): number;
}

function Path({ look, points }: { look: Look; points: readonly (readonly [number, number])[] }) {
  const [first, ...rest] = points;
  if (first === undefined) return null;
  // A line of one point is drawn across it.
  const all =
    rest.length > 0
      ? points
      : [
          [first[0] - 12, first[1]],
          [first[0] + 12, first[1]],
        ];
  return (
    <polyline
      className="sweep-line"
      points={all.map((one) => one.join(',')).join(' ')}
      strokeDasharray={look.dash.join(' ')}
      style={{ stroke: line(look) }}
    />
  );
}

interface ArmProps {
  readonly look: Look;
  readonly points: readonly SweepPoint[];
  readonly scale: Scale;
  /** So that bars of several arms at one value stand beside each other. */
  readonly shift: number;
  readonly clip: string;
}

function Arm({ look, points, scale: { x, y }, shift, clip }: ArmProps) {
  const colour = line(look);
  return (
    <g clipPath={clip} style={{ stroke: colour, fill: colour }}>
      {points.length > 1 ? (
        <Path look={look} points={points.map(({ value, mean }) => [x(value) + shift, y(mean)])} />
      ) : null}
      {points.map(({ value, mean, interval, scores }) => (
        <g key={value}>
          {interval === null ? null : (
            <line
              className="sweep-interval"
              x1={x(value) + shift}
              x2={x(value) + shift}
              y1={y(interval.low)}
              y2={y(interval.high)}
            />
          )}
          {scores.length > 1
            ? scores.map((score, seed) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a seed is its place
                <circle key={seed} className="sweep-seed" cx={x(value) + shift} cy={y(score)} r={2.4} />
              ))
            : null}
          <circle className="sweep-mean" cx={x(value) + shift} cy={y(mean)} r={3.6} />
        </g>
      ))}
    </g>
  );
}

interface NamesProps {
  readonly view: SweepView;
  readonly arms: readonly ArmSpec[];
  readonly names: readonly string[];
  readonly place: number;
  y(score: number): number;
}

/** At the ends of the lines, pushed apart until none covers another. */
function Names({ view, arms, names, place, y }: NamesProps) {
  const teacher = view.teacher.at(-1)?.score;
  const ends = [
    ...(teacher === undefined ? [] : [{ name: t('arm.teacher'), look: teacherLook, y: y(teacher) }]),
    ...view.arms.flatMap((points, arm) => {
      const mean = points.at(-1)?.mean;
      return mean === undefined ? [] : [{ name: names[arm] ?? '', look: armLook(arms, arm), y: y(mean) }];
    }),
  ].sort((a, b) => a.y - b.y);
  const least = (index: number) => height - bottom - (ends.length - 1 - index) * 14;
  let free = Number.NEGATIVE_INFINITY;
  return ends.map((end, index) => {
    free = Math.min(Math.max(end.y, free + 14), least(index));
    return (
      <text key={end.name} className="sweep-name" x={place} y={free + 4} style={{ fill: text(end.look) }}>
        {end.name}
      </text>
    );
  });
}

const keys: ReadonlyMap<string, (place: number, last: number) => number> = new Map([
  ['ArrowRight', (place: number) => place + 1],
  ['ArrowUp', (place: number) => place + 1],
  ['ArrowLeft', (place: number) => place - 1],
  ['ArrowDown', (place: number) => place - 1],
  ['Home', () => 0],
  ['End', (_: number, last: number) => last],
]);

function across({ values, logarithmic }: SweepView, from: number, to: number): (value: number) => number {
  const at = (value: number) => (logarithmic ? Math.log(value) : value);
  const [least, most] = [at(values[0] ?? 0), at(values.at(-1) ?? 1)];
  return (value) => from + ((at(value) - least) / Math.max(1e-12, most - least)) * (to - from);
}

/** Of all seeds and the teacher, and of intervals as far as they do not flatten the rest. */
function rangeOf({ arms, teacher, headline }: SweepView): readonly [number, number] {
  const points = arms.flat();
  const scores = [...points.flatMap((point) => point.scores), ...teacher.map(({ score }) => score)];
  if (scores.length === 0) return [0, 1];
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const room = Math.max((high - low) * 0.35, headline.kind === 'loss' ? 1e-3 : 0.005);
  const bounds = points.flatMap(({ interval }) => (interval === null ? [] : [interval.low, interval.high]));
  const least = Math.max(low - room, Math.min(low, ...bounds) - room * 0.2);
  const most = Math.min(high + room, Math.max(high, ...bounds) + room * 0.2);
  return headline.kind === 'loss' ? [Math.max(0, least), most] : [Math.max(0, least), Math.min(1, most)];
}

/** Three to six round numbers. */
function ticksOf(low: number, high: number): readonly number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

function tickText({ headline }: SweepView, score: number): string {
  return headline.kind === 'loss' ? figures(score) : `${Number((score * 100).toPrecision(6))} %`;
}

/** Values whose names do not touch. */
function spaced(values: readonly number[], x: (value: number) => number): readonly number[] {
  let free = Number.NEGATIVE_INFINITY;
  return values.filter((value) => {
    const half = (valueText(value).length * letter) / 2 + 3;
    if (x(value) - half < free) return false;
    free = x(value) + half;
    return true;
  });
}
