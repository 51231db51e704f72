/**
 * The hero's mirrored bars, pale, with an arrow at the end of each student bar for each loss: downwards, where the bar
 * grows, if one small step against the gradient makes the class likelier; upwards if it makes it less likely.
 */
import { softmax } from '../../losses/distribution.ts';
import type { Comparison, ProbedLoss, Row } from '../../losses/probe.ts';
import type { RunSpec } from '../../spec/runSpec.ts';
import { armLook, fill, teacherLook } from '../palette.ts';
import { figures, percent } from '../text.ts';
import { entryOf } from './families.ts';
import { lossLook } from './looks.ts';
import { useWidth } from './useWidth.ts';
import { l } from './words.ts';

interface Props {
  readonly classNames: readonly string[];
  readonly row: Row;
  readonly temperature: number;
  readonly picks: readonly ProbedLoss[];
  readonly comparison: Comparison;
  /** One length for all losses; else each loss's largest push is as long as any other's. */
  readonly shared: boolean;
  readonly arm: { readonly spec: RunSpec; readonly index: number; readonly name: string };
}

const mostColumns = 12;
const bar = 104;
const names = 22;
const arrow = 54;
const height = bar + names + bar + arrow;

export function PushPicture(props: Props) {
  const { classNames, row, temperature, picks, comparison, shared, arm } = props;
  const [host, width] = useWidth<HTMLElement>(640);
  const [p, q] = [softmax(row.teacher, temperature), softmax(row.student, temperature)];
  const shown = columnsOf(row, p, q);
  const top = Math.max(0.12, ...shown.flatMap((c) => [p[c] ?? 0, q[c] ?? 0])) * 1.04;
  const column = width / shown.length;
  const zero = bar + names;
  const largest = picks.map((_, at) => peak(comparison.gradients[at] ?? undefined));
  const all = Math.max(...largest, 0);
  return (
    <figure ref={host} className="push">
      <svg width={width} height={height} role="img" aria-label={inWords(props, shown)}>
        {shown.map((c, place) => {
          const x = place * column;
          const [up, down] = [(bar * (p[c] ?? 0)) / top, (bar * (q[c] ?? 0)) / top];
          return (
            <g key={c}>
              {c === row.label ? (
                <rect
                  className="push-label"
                  x={x + 1}
                  y={0.5}
                  width={column - 2}
                  height={height - 1}
                  rx={4}
                />
              ) : null}
              <rect
                className="push-bar"
                x={x + column * 0.14}
                y={bar - up}
                width={column * 0.72}
                height={up}
                style={{ fill: fill(teacherLook) }}
              />
              <rect
                className="push-bar"
                x={x + column * 0.14}
                y={zero}
                width={column * 0.72}
                height={down}
                style={{ fill: fill(armLook(arm.spec.arms, arm.index)) }}
              />
              <text className="push-class" x={x + column / 2} y={bar + 15} textAnchor="middle">
                {classNames[c]}
              </text>
              {picks.map((_, at) => {
                const push = -(comparison.gradients[at]?.[c] ?? 0);
                const scale = shared ? all : (largest[at] ?? 0);
                const length = scale > 0 ? (push / scale) * arrow * 0.9 : 0;
                const lane = (column * 0.86) / picks.length;
                return (
                  <Arrow
                    // biome-ignore lint/suspicious/noArrayIndexKey: a pick is its place
                    key={at}
                    place={at}
                    x={x + column * 0.07 + lane * (at + 0.5)}
                    y={zero + down}
                    length={length}
                    named={lane > 11 && Math.abs(length) > 18}
                  />
                );
              })}
            </g>
          );
        })}
        <line className="push-zero" x1={0} x2={width} y1={zero} y2={zero} />
      </svg>
    </figure>
  );
}

interface ArrowProps {
  readonly place: number;
  readonly x: number;
  readonly y: number;
  /** In pixels, downwards. */
  readonly length: number;
  readonly named: boolean;
}

function Arrow({ place, x, y, length, named }: ArrowProps) {
  const { colour, dash, letter } = lossLook(place);
  const size = Math.abs(length);
  if (size < 0.75) return <circle cx={x} cy={y} r={1.2} style={{ fill: colour }} />;
  const [way, head] = [Math.sign(length), Math.min(5, size * 0.6)];
  const end = y + length;
  return (
    <g className="push-arrow" style={{ color: colour }}>
      <line x1={x} x2={x} y1={y} y2={end - way * head * 0.8} stroke="currentColor" strokeDasharray={dash} />
      <path
        d={`M${x - head * 0.62} ${end - way * head} L${x + head * 0.62} ${end - way * head} L${x} ${end} Z`}
        fill="currentColor"
      />
      {named ? (
        <text x={x} y={way > 0 ? end + 9 : end - 2} textAnchor="middle" fill="currentColor">
          {letter}
        </text>
      ) : null}
    </g>
  );
}

function peak(gradient: Float64Array | undefined): number {
  return gradient === undefined ? 0 : Math.max(0, ...gradient.map(Math.abs));
}

/** All classes where they are few, else the label and the likeliest. */
function columnsOf(row: Row, p: Float64Array, q: Float64Array): readonly number[] {
  const every = Array.from({ length: row.student.length }, (_, c) => c);
  if (every.length <= mostColumns) return every;
  const weight = (c: number) => (c === row.label ? 2 : 0) + (p[c] ?? 0) + (q[c] ?? 0);
  return every
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, mostColumns)
    .sort((a, b) => a - b);
}

/** For each loss the two strongest pushes. */
function inWords({ classNames, row, temperature, picks, comparison, arm }: Props, shown: readonly number[]) {
  const [p, q] = [softmax(row.teacher, temperature), softmax(row.student, temperature)];
  const best = (values: Float64Array) =>
    [...shown].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0))[0] ?? 0;
  const said = (values: Float64Array) =>
    `${classNames[best(values)]} ${percent(values[best(values)] ?? 0, 0)}`;
  const pushes = picks.map((pick, at) => {
    const gradient = comparison.gradients[at] ?? new Float64Array();
    const strongest = [...shown]
      .sort((a, b) => Math.abs(gradient[b] ?? 0) - Math.abs(gradient[a] ?? 0))
      .slice(0, 2)
      .filter((c) => Math.abs(gradient[c] ?? 0) > 0)
      .map((c) => {
        const values = { name: classNames[c] ?? '', size: figures(Math.abs(gradient[c] ?? 0)) };
        return (gradient[c] ?? 0) < 0 ? l('push.more', values) : l('push.less', values);
      });
    const title = `${lossLook(at).letter}, ${entryOf(pick.id)?.title ?? l('formula.own')}`;
    return `${title}: ${strongest.length === 0 ? l('push.nothing') : strongest.join(', ')}`;
  });
  const described = l('push.described', { teacher: said(p), name: arm.name, student: said(q) });
  return `${described} ${pushes.join('; ')}.`;
}
