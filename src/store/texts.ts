/**
 * From the picture of a held-out text to what is drawn of it: how strongly each token is underlined, and the distributions at
 * one position, softened at the temperature someone looks at. Looking only: nothing here is trained or sent to an engine.
 */
import { restHeaps, type TextPicture, type TokenRows } from '../protocol/texts.ts';

/** What tokens are underlined by: how far a student is from its teacher there, or, without one, how surprised it was. */
export type Underline = 'divergence' | 'surprise';

/** Values in nats from which on a line is one stronger; below the first it is the thinnest. */
export const underlineSteps: Readonly<Record<Underline, readonly number[]>> = {
  divergence: [0.01, 0.05, 0.2, 1],
  surprise: [0.1, 0.5, 2, 5],
};

export function underlineOf(picture: TextPicture): Underline {
  return picture.teacher === null ? 'surprise' : 'divergence';
}

/** In nats, for each position; empty where there is no such arm. */
export function underlined(picture: TextPicture, arm: number): Float32Array {
  return picture.arms[arm]?.[underlineOf(picture)] ?? new Float32Array();
}

/** 0 to 4. */
export function strengthOf(value: number, underline: Underline): number {
  return underlineSteps[underline].filter((step) => value >= step).length;
}

/** A distribution over the tokens that are shown and all others together. */
export interface Softened {
  readonly shown: readonly number[];
  readonly rest: number;
  /** Over how many tokens it spreads: exp of its entropy, that of the rest as near as its heaps tell. */
  readonly spread: number;
}

export interface TokenScene {
  /** The true next token. */
  readonly label: number;
  /** Tokens in the order of the teacher, or of the first student where there is none. */
  readonly tokens: readonly number[];
  /** Tokens that are not shown. */
  readonly others: number;
  readonly teacher: Softened | null;
  readonly arms: readonly Softened[];
}

/** What every model expects after the token at `position`, at T. Null where the text is shorter. */
export function tokenScene(picture: TextPicture, position: number, temperature: number): TokenScene | null {
  const n = picture.labels.length;
  const label = picture.labels[position];
  if (label === undefined) return null;
  const count = picture.shown.length / n;
  const told = Array.from(picture.shown.subarray(position * count, (position + 1) * count));
  const all = [picture.teacher, ...picture.arms].map((rows) =>
    rows === null ? null : softened(rows, position, count, temperature),
  );
  const [teacher = null, ...students] = all;
  const leading = teacher ?? students[0] ?? null;
  const order = told.map((_, i) => i);
  order.sort((a, b) => (leading?.shown[b] ?? 0) - (leading?.shown[a] ?? 0) || a - b);
  const sorted = (one: Softened): Softened => ({ ...one, shown: order.map((i) => one.shown[i] ?? 0) });
  return {
    label,
    tokens: order.map((i) => told[i] ?? 0),
    others: othersOf(picture, position),
    teacher: teacher === null ? null : sorted(teacher),
    arms: students.flatMap((one) => (one === null ? [] : [sorted(one)])),
  };
}

function othersOf({ teacher, arms }: TextPicture, position: number): number {
  const rest = (teacher ?? arms[0])?.rest ?? new Float32Array();
  return heapsAt(rest, position).reduce((sum, { count }) => sum + count, 0);
}

function heapsAt(rest: Float32Array, position: number) {
  const first = position * restHeaps * 2;
  return Array.from({ length: restHeaps }, (_, heap) => {
    return { count: rest[first + 2 * heap] ?? 0, level: rest[first + 2 * heap + 1] ?? 0 };
  }).filter(({ count }) => count > 0);
}

function softened(
  { logits, rest }: TokenRows,
  position: number,
  count: number,
  temperature: number,
): Softened {
  const own = Array.from(logits.subarray(position * count, (position + 1) * count));
  const heaps = heapsAt(rest, position);
  const largest = Math.max(...own, ...heaps.map(({ level }) => level));
  const weight = (logit: number) => Math.exp((logit - largest) / temperature);
  const shown = own.map(weight);
  const heaped = heaps.map((heap) => ({ count: heap.count, each: weight(heap.level) }));
  const others = heaped.reduce((sum, heap) => sum + heap.count * heap.each, 0);
  const total = shown.reduce((sum, one) => sum + one, others);
  const nats = (p: number) => (p > 0 ? -p * Math.log(p) : 0);
  const entropy =
    shown.reduce((sum, one) => sum + nats(one / total), 0) +
    heaped.reduce((sum, heap) => sum + heap.count * nats(heap.each / total), 0);
  return { shown: shown.map((one) => one / total), rest: others / total, spread: Math.exp(entropy) };
}
