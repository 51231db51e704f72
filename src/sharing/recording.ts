/**
 * A recording: a run that plays without a GPU. It is the thinned stream of the events of a real run, so whoever shows
 * runs shows recordings. The player is player.ts.
 */
import type { EngineEvent, Evaluation, RunFacts } from '../protocol/events.ts';
import { metricStride } from '../protocol/events.ts';
import { StillroomError } from '../spec/errors.ts';
import { fromPlain, toPlain } from './plainData.ts';

export interface Recording {
  readonly format: 1;
  readonly madeWith: {
    readonly adapter: string;
    readonly command: string;
    readonly versions: Readonly<Record<string, string>>;
    /** How long the first seed trained; evaluations not counted. */
    readonly seconds?: number;
  };
  readonly events: readonly EngineEvent[];
}

export interface ThinOptions {
  /** Most metrics rows, pictures of samples, with a grid, and of a text that are kept. */
  readonly rows: number;
  readonly pictures: number;
  readonly grids: number;
  readonly texts: number;
}

const usual: ThinOptions = { rows: 160, pictures: 16, grids: 10, texts: 7 };

/** The recording of a run whose events these are, in order. The last state of everything is kept whole. */
export function record(
  events: readonly EngineEvent[],
  madeWith: Recording['madeWith'],
  thin: Partial<ThinOptions> = {},
): Recording {
  const limits = { ...usual, ...thin };
  const ready = events.find((event) => event.type === 'ready');
  if (ready === undefined) throw new RangeError('a recording begins with a run that was ready');
  const evaluations = events.filter((event) => event.type === 'evaluation');
  const pictures = events.filter((event) => event.type === 'pictures');
  const texts = events.filter((event) => event.type === 'text');
  const hasGrid = ready.facts.probes.some((probe) => probe.kind === 'grid');
  const replicates = events.filter((event) => event.type === 'replicate').filter((event) => event.finished);
  const kept: EngineEvent[] = [
    ready,
    ...evaluations.slice(0, -1).map((event) => ({ ...event, arms: event.arms.map(lean) })),
    ...evaluations.slice(-1),
    ...early(pictures, hasGrid ? limits.grids : limits.pictures).map((event) => paired(event, ready.facts)),
    ...early(texts, limits.texts),
    ...thinMetrics(events, limits.rows),
    ...events.filter((event) => event.type === 'setting'),
    ...replicates.map((event) => ({ ...event, arms: event.arms.map(lean) })),
  ];
  return { format: 1, madeWith, events: kept };
}

export function encodeRecording(recording: Recording): string {
  return JSON.stringify(toPlain(recording));
}

/** Errors: `recording-invalid`. */
export function decodeRecording(text: string): Recording {
  let plain: unknown;
  try {
    plain = fromPlain(JSON.parse(text));
  } catch (cause) {
    throw invalid('a text that is no JSON', cause);
  }
  if (!isRecording(plain)) throw invalid('something else');
  return plain;
}

/** Without what only the last evaluation is asked for: confusion, single rows, offsets. */
function lean(evaluation: Evaluation): Evaluation {
  const leftOut = evaluation.leftOut.map((one) => ({ ...one, recallByOffset: [], accuracyByOffset: [] }));
  const { language } = evaluation;
  if (language === undefined) return { ...evaluation, confusion: [], correct: new Uint8Array(), leftOut };
  const { texts: _, ...measures } = language;
  return { ...evaluation, confusion: [], correct: new Uint8Array(), leftOut, language: measures };
}

/** First, last, and evenly between. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const indices = Array.from({ length: most }, (_, i) => Math.round((i * (items.length - 1)) / (most - 1)));
  return indices.flatMap((i) => items[i] ?? []);
}

/** First, last, and between them closer at the beginning, where a run changes most: a picture should not lag behind its curve. */
function early<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  let last = -1;
  return Array.from({ length: most }, (_, i) => {
    last = Math.max(last + 1, Math.round((i / (most - 1)) ** 2 * (items.length - 1)));
    return items[last];
  }).flatMap((item) => item ?? []);
}

type Pictures = Extract<EngineEvent, { type: 'pictures' }>;

/** On a grid of two classes only the difference of logits is seen: with the first at 0 a picture has half as many numbers. */
function paired(event: Pictures, { probes, classNames }: RunFacts): Pictures {
  if (classNames.length !== 2) return event;
  const halved = (logits: Float32Array) =>
    logits.map((value, i) => (i % 2 === 0 ? 0 : value - (logits[i - 1] ?? 0)));
  const logits = event.logits.map((arms, probe) =>
    probes[probe]?.kind === 'grid' ? arms.map(halved) : arms,
  );
  return { ...event, logits };
}

/** One metrics event with every n-th row; the rows themselves, not means, so that a point is a step. */
function thinMetrics(events: readonly EngineEvent[], most: number): EngineEvent[] {
  const rows = events.flatMap((event) => {
    if (event.type !== 'metrics') return [];
    return Array.from(event.steps, (step, i) => ({
      step,
      values: event.values.map((arm) => arm.slice(i * metricStride, (i + 1) * metricStride)),
    }));
  });
  const kept = spread(rows, most);
  if (kept.length === 0) return [];
  const arms = kept[0]?.values.length ?? 0;
  const values = Array.from({ length: arms }, (_, arm) => {
    const joined = new Float32Array(kept.length * metricStride);
    kept.forEach((row, i) => {
      joined.set(row.values[arm] ?? [], i * metricStride);
    });
    return joined;
  });
  return [{ type: 'metrics', steps: Uint32Array.from(kept, (row) => row.step), values }];
}

function isRecording(value: unknown): value is Recording {
  if (typeof value !== 'object' || value === null) return false;
  if (!('format' in value) || value.format !== 1 || !('events' in value) || !Array.isArray(value.events))
    return false;
  if (!('madeWith' in value) || typeof value.madeWith !== 'object') return false;
  return value.events.some(
    (event: unknown) =>
      typeof event === 'object' && event !== null && 'type' in event && event.type === 'ready',
  );
}

function invalid(got: string, cause?: unknown): StillroomError {
  const detail = {
    code: 'recording-invalid',
    problem: 'The recorded run cannot be read',
    got,
    wanted: 'a recording of format 1',
    remedy: 'Reload the page',
  };
  return new StillroomError(detail, cause === undefined ? undefined : { cause });
}
