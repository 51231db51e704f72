/**
 * Which colour, dash and name belongs to whom: teacher blue, student orange, labels neutral, others from Okabe and
 * Ito. Colour never stands alone: lines differ in dash and carry their name at the end.
 */
import type { ArmSpec } from '../spec/runSpec.ts';
import { t } from './text.ts';

export interface Look {
  /** Stem of the custom properties: `--{stem}`, `--{stem}-line`, `--{stem}-text`. */
  readonly stem: string;
  /** Lengths of a line's dashes in CSS pixels; empty for a whole line. */
  readonly dash: readonly number[];
}

export const teacherLook: Look = { stem: 'teacher', dash: [2, 3] };

const looks: Record<ArmSpec['kind'], Look> = {
  distilled: { stem: 'distilled', dash: [] },
  hard: { stem: 'hard', dash: [7, 3] },
  labels: { stem: 'labels', dash: [3, 2, 1, 2] },
  smoothed: { stem: 'smoothed', dash: [10, 3, 2, 3] },
};

/** A second arm of a kind takes the colour left over. */
export function armLook(arms: readonly ArmSpec[], arm: number): Look {
  const kind = arms[arm]?.kind ?? 'labels';
  const first = arms.findIndex((one) => one.kind === kind) === arm;
  return first ? looks[kind] : { stem: 'other', dash: [6, 2, 2, 2] };
}

export function armName(arms: readonly ArmSpec[], arm: number): string {
  const spec = arms[arm];
  if (spec === undefined) return '';
  if (spec.name !== undefined && spec.name !== '') return spec.name;
  return t(`arm.${spec.kind}`);
}

export function fill(look: Look): string {
  return `var(--${look.stem})`;
}

export function line(look: Look): string {
  return `var(--${look.stem}-line)`;
}

export function text(look: Look): string {
  return `var(--${look.stem}-text)`;
}

/** The computed value of a custom property, for a canvas. */
export function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
