/**
 * What a loss punishes: one number of the student sweeps from left to right, all others are the teacher's own. Above the
 * value, below the derivative by that number. The teacher's is dragged along the axis.
 */
import { useRef } from 'react';
import { measure, picturedAs } from '../../losses/pictured.ts';
import type { ProbedLoss } from '../../losses/probe.ts';
import { figures } from '../text.ts';
import { useWidth } from './useWidth.ts';
import { l } from './words.ts';

interface Props {
  readonly loss: ProbedLoss;
  readonly temperature: number;
  /** The teacher's logit of the first class, or its number in place of one. */
  readonly teacher: number;
  onTeacher(value: number): void;
}

export const sweep = { min: -6, max: 6 };
const points = 121;
const part = 92;
const gap = 26;
const left = 54;

export function LossPicture({ loss, temperature, teacher, onTeacher }: Props) {
  const [host, width] = useWidth<HTMLElement>(420);
  const dragging = useRef(false);
  const x = Array.from(
    { length: points },
    (_, i) => sweep.min + ((sweep.max - sweep.min) * i) / (points - 1),
  );
  const measured = x.map((own) => measure(loss, temperature, own, teacher));
  const values = measured.map(({ value }) => value);
  const slopes = measured.map(({ slope }) => slope);
  const px = (logit: number) => left + ((logit - sweep.min) / (sweep.max - sweep.min)) * (width - left - 8);
  const logitAt = (clientX: number, box: DOMRect) => {
    const share = (clientX - box.left - left) / (width - left - 8);
    const logit = sweep.min + share * (sweep.max - sweep.min);
    return Number(Math.min(sweep.max, Math.max(sweep.min, logit)).toFixed(1));
  };
  const upper = scaleOf(values, 8, part);
  const lower = scaleOf([...slopes, 0], part + gap, 2 * part + gap);
  const height = 2 * part + gap + 24;
  return (
    <figure ref={host} className="loss-picture">
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={l('picture.described', {
          teacher: figures(teacher),
          least: figures(Math.min(...values)),
          at: figures(x[values.indexOf(Math.min(...values))] ?? 0),
        })}
        onPointerDown={(event) => {
          dragging.current = true;
          event.currentTarget.setPointerCapture(event.pointerId);
          onTeacher(logitAt(event.clientX, event.currentTarget.getBoundingClientRect()));
        }}
        onPointerMove={(event) => {
          if (dragging.current)
            onTeacher(logitAt(event.clientX, event.currentTarget.getBoundingClientRect()));
        }}
        onPointerUp={() => {
          dragging.current = false;
        }}
        onPointerCancel={() => {
          dragging.current = false;
        }}
      >
        <line className="axis" x1={left} x2={width} y1={lower.y(0)} y2={lower.y(0)} />
        <line className="picture-teacher" x1={px(teacher)} x2={px(teacher)} y1={4} y2={height - 20} />
        <text className="picture-word is-teacher" x={px(teacher) + 5} y={13}>
          {l('picture.teacher')}
        </text>
        <path className="picture-value" d={pathOf(x.map(px), values.map(upper.y))} />
        <path className="picture-slope" d={pathOf(x.map(px), slopes.map(lower.y))} />
        <Ends scale={upper} word={l('picture.value')} />
        <Ends scale={lower} word={l('picture.slope')} />
        {[-6, -3, 0, 3, 6].map((tick) => (
          <text key={tick} className="picture-word" x={px(tick)} y={height - 6} textAnchor="middle">
            {figures(tick)}
          </text>
        ))}
      </svg>
      <figcaption className="hint">{l(`picture.caption.${picturedAs(loss.id) ?? 'row'}`)}</figcaption>
    </figure>
  );
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly top: number;
  readonly bottom: number;
  y(value: number): number;
}

function Ends({ scale, word }: { scale: Scale; word: string }) {
  return (
    <>
      <text className="picture-word" x={0} y={scale.top + 10}>
        {figures(scale.high)}
      </text>
      <text className="picture-word" x={0} y={scale.bottom}>
        {figures(scale.low)}
      </text>
      <text className="picture-word is-name" x={0} y={(scale.top + scale.bottom) / 2 + 4}>
        {word}
      </text>
    </>
  );
}

function scaleOf(values: readonly number[], top: number, bottom: number): Scale {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const range = Math.max(1e-9, high - low);
  return { low, high, top, bottom, y: (value) => bottom - ((value - low) / range) * (bottom - top) };
}

function pathOf(x: readonly number[], y: readonly number[]): string {
  return x.map((at, i) => `${i === 0 ? 'M' : 'L'}${at.toFixed(1)} ${(y[i] ?? 0).toFixed(1)}`).join(' ');
}
