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

/** The least that any model can reach. */
export const floorLook: Look = { stem: 'labels', dash: [1, 3] };

const looks: Record<ArmSpec['kind'], Look> = {
  distilled: { stem: 'distilled', dash: [] },
  hard: { stem: 'hard', dash: [7, 3] },
  labels: { stem: 'labels', dash: [3, 2, 1, 2] },
  smoothed: { stem: 'smoothed', dash: [10, 3, 2, 3] },
};

const others: readonly Look[] = [
  { stem: 'other', dash: [6, 2, 2, 2] },
  { stem: 'plum', dash: [4, 2] },
  { stem: 'olive', dash: [9, 2, 2, 2, 2, 2] },
];

/** The first arm of a kind has its colour; further ones take in turn what is left over. */
export function armLook(arms: readonly ArmSpec[], arm: number): Look {
  const isFirst = (at: number) => arms.findIndex((one) => one.kind === arms[at]?.kind) === at;
  if (isFirst(arm)) return looks[arms[arm]?.kind ?? 'labels'];
  const place = arms.slice(0, arm).filter((_, at) => !isFirst(at)).length;
  return others[place % others.length] ?? looks.labels;
}

/** A line for a term of an arm's loss, from 1, or for its labels, −1: of one arm by colour, of several in the arm's own. */
export function partLook(arms: readonly ArmSpec[], arm: number, part: number): Look {
  const dash = part < 0 ? looks.labels.dash : (partDashes[part - 1] ?? []);
  if (arms.filter(({ kind }) => kind === 'distilled').length > 1) return { ...armLook(arms, arm), dash };
  if (part < 0) return looks.labels;
  return part === 1 ? looks.distilled : { stem: others[part - 2]?.stem ?? 'other', dash };
}

const partDashes: readonly (readonly number[])[] = [[], [6, 2, 2, 2], [4, 2], [9, 2, 2, 2, 2, 2]];

/** As they stand side by side: distilled first, since it is what the page is about. */
export function armsInOrder(arms: readonly ArmSpec[]): readonly number[] {
  const kinds: readonly ArmSpec['kind'][] = ['distilled', 'hard', 'labels', 'smoothed'];
  const rank = (arm: number) => kinds.indexOf(arms[arm]?.kind ?? 'labels');
  return arms.map((_, arm) => arm).sort((a, b) => rank(a) - rank(b) || a - b);
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
