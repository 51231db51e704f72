/** Collects what a run measured, for export. A step that is repeated replaces itself. */
import { type Evaluation, metricStride } from '../protocol/events.ts';
import type { RunLog } from '../sharing/metricsCsv.ts';
import type { MetricsRows } from './metricsRing.ts';

export class LogKeeper {
  readonly #arms: readonly string[];
  readonly #rows = new Map<number, readonly Float32Array[]>();
  readonly #evaluations = new Map<number, readonly Evaluation[]>();

  constructor(arms: readonly string[]) {
    this.#arms = arms;
  }

  metrics({ firstStep, count, arms }: MetricsRows): void {
    for (let i = 0; i < count; i++) {
      const rows = arms.map((values) => values.slice(i * metricStride, (i + 1) * metricStride));
      this.#rows.set(firstStep + i, rows);
    }
  }

  evaluation(step: number, arms: readonly Evaluation[]): void {
    this.#evaluations.set(step, arms);
  }

  /** The run goes on from `step`: what came after it is of the way that was left. */
  truncate(step: number): void {
    for (const known of [...this.#rows.keys()]) if (known >= step) this.#rows.delete(known);
    for (const known of [...this.#evaluations.keys()]) if (known > step) this.#evaluations.delete(known);
  }

  clear(): void {
    this.#rows.clear();
    this.#evaluations.clear();
  }

  get log(): RunLog {
    const rows = [...this.#rows].sort(([a], [b]) => a - b);
    const evaluations = [...this.#evaluations].sort(([a], [b]) => a - b);
    return {
      arms: this.#arms,
      steps: rows.map(([step]) => step),
      values: rows.map(([, values]) => values),
      evaluations: evaluations.map(([step, arms]) => ({ step, arms })),
    };
  }
}
