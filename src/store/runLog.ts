/**
 * What a run has told so far: evaluations, metric rows, pictures, live events, replicates. Mutable and outside of the
 * reactive state; whoever draws it subscribes and reads it again. It never decides anything.
 */
import type { Evaluation } from '../protocol/events.ts';
import type { SimilarityPicture } from '../protocol/similarity.ts';
import type { TextPicture } from '../protocol/texts.ts';
import type { LiveEvent } from '../spec/runSpec.ts';
import { MetricRows } from './metricRows.ts';
import type { SweepLog } from './sweep.ts';

export interface EvaluationAt {
  readonly step: number;
  readonly arms: readonly Evaluation[];
}

/** One seed of a repeated run. `curves[arm]` is the headline at `steps`. */
export interface Replicate {
  readonly index: number;
  readonly count: number;
  readonly seed: number;
  readonly step: number;
  readonly total: number;
  readonly finished: boolean;
  readonly arms: readonly Evaluation[];
  readonly steps: readonly number[];
  readonly curves: readonly (readonly number[])[];
  readonly averages?: readonly (readonly number[])[];
}

/** Logits of each arm on each probe: `logits[probe][arm]`. */
export interface Pictures {
  readonly step: number;
  readonly logits: readonly (readonly Float32Array[])[];
}

/** The held-out text that is looked at, as the models saw it at a step. */
export interface TextAt {
  readonly step: number;
  readonly picture: TextPicture;
}

/** Layers of the students against tensors of the teacher, at a step. */
export interface SimilarityAt {
  readonly step: number;
  readonly picture: SimilarityPicture;
}

type RowListener = (steps: Uint32Array<ArrayBuffer>, values: readonly Float32Array<ArrayBuffer>[]) => void;

export class RunLog {
  readonly rows = new MetricRows();
  #evaluations: EvaluationAt[] = [];
  #replicates = new Map<number, Replicate>();
  #events: LiveEvent[] = [];
  #pictures: Pictures | null = null;
  #text: TextAt | null = null;
  #similarity: SimilarityAt | null = null;
  #sweep: SweepLog | null = null;
  #listeners = new Set<() => void>();
  #rowListeners = new Set<RowListener>();
  #version = 0;
  #scene = 0;

  /** Grows with every change; a snapshot for charts. */
  get version(): number {
    return this.#version;
  }
  /** Grows with every change but metric rows, which come many times a second; a snapshot for panels. */
  get scene(): number {
    return this.#scene;
  }
  get evaluations(): readonly EvaluationAt[] {
    return this.#evaluations;
  }
  get replicates(): readonly Replicate[] {
    return [...this.#replicates.values()].sort((a, b) => a.index - b.index);
  }
  get events(): readonly LiveEvent[] {
    return this.#events;
  }
  get pictures(): Pictures | null {
    return this.#pictures;
  }
  get text(): TextAt | null {
    return this.#text;
  }
  get similarity(): SimilarityAt | null {
    return this.#similarity;
  }
  get sweep(): SweepLog | null {
    return this.#sweep;
  }
  get last(): EvaluationAt | undefined {
    return this.#evaluations.at(-1);
  }
  get isEmpty(): boolean {
    return this.#evaluations.length === 0 && this.rows.count === 0 && this.#replicates.size === 0;
  }

  /** Returns the way to stop listening. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  evaluate(at: EvaluationAt): void {
    this.#evaluations = [...this.#evaluations.filter((known) => known.step < at.step), at];
    this.#changed();
  }

  /** Hears every row as it comes, before any is thinned. Returns the way to stop. */
  onRows(listener: RowListener): () => void {
    this.#rowListeners.add(listener);
    return () => this.#rowListeners.delete(listener);
  }

  appendRows(steps: Uint32Array<ArrayBuffer>, values: readonly Float32Array<ArrayBuffer>[]): void {
    this.rows.append(steps, values);
    for (const listener of this.#rowListeners) listener(steps, values);
    this.#notify();
  }

  show(pictures: Pictures): void {
    this.#pictures = pictures;
    this.#changed();
  }

  showText(text: TextAt): void {
    this.#text = text;
    this.#changed();
  }

  showSimilarity(similarity: SimilarityAt): void {
    this.#similarity = similarity;
    this.#changed();
  }

  showSweep(sweep: SweepLog): void {
    this.#sweep = sweep;
    this.#changed();
  }

  /** A live setting that took effect; a later value of the same step replaces the earlier. */
  record(event: LiveEvent): void {
    const others = this.#events.filter((known) => known.step !== event.step || known.path !== event.path);
    this.#events = [...others, event].sort((a, b) => a.step - b.step);
    this.#changed();
  }

  /** The same by hand: what was to follow later in a replay is superseded by it. */
  override(event: LiveEvent): void {
    this.#events = this.#events.filter((known) => known.step <= event.step);
    this.record(event);
  }

  replicate(replicate: Replicate): void {
    this.#replicates.set(replicate.index, replicate);
    this.#changed();
  }

  forgetReplicates(): void {
    this.#replicates.clear();
    this.#changed();
  }

  /** Forgets what was told from `step` on: the run goes on from there. Replicates stay. */
  truncate(step: number): void {
    this.rows.truncate(step);
    this.#evaluations = this.#evaluations.filter((known) => known.step < step);
    this.#events = this.#events.filter((event) => event.step < step);
    this.#changed();
  }

  #changed(): void {
    this.#scene += 1;
    this.#notify();
  }

  #notify(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
