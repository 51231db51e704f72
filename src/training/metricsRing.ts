/**
 * The rows of metrics that a run leaves on the executor, newest over oldest, so that no step waits to be read. What the
 * columns mean is kernels/metricsRow.ts's affair.
 */
import { ringRows, ringWidth } from '../kernels/metricsRow.ts';
import type { Executor, Placement, Storage } from '../tensor/executor.ts';

/** Rows of some steps in order, by arm: (steps, ringWidth). */
export interface MetricsRows {
  readonly firstStep: number;
  readonly count: number;
  readonly arms: readonly Float32Array<ArrayBuffer>[];
}

export class MetricsRing {
  readonly #executor: Executor;
  readonly #arms: number;
  readonly #storage: Storage;

  constructor(executor: Executor, arms: number) {
    this.#executor = executor;
    this.#arms = arms;
    this.#storage = executor.allocate('ring', 'f32', arms * ringRows * ringWidth);
  }

  placement(arm: number): Placement {
    return { storage: this.#storage, offset: arm * ringRows * ringWidth };
  }

  /** Rows of the steps before `end`, from `from` or from the oldest that is still there. */
  async read(from: number, end: number): Promise<MetricsRows> {
    const first = Math.max(from, end - ringRows);
    const count = end - first;
    const arms = await Promise.all(
      Array.from({ length: this.#arms }, (_, arm) => this.#rows(arm, first, count)),
    );
    return { firstStep: first, count, arms };
  }

  /** All copies are submitted before the first is awaited, so that the rows are of one moment. */
  async #rows(arm: number, first: number, count: number): Promise<Float32Array<ArrayBuffer>> {
    const start = first % ringRows;
    const upToEnd = Math.min(count, ringRows - start);
    const parts = await Promise.all([
      this.#part(arm * ringRows + start, upToEnd),
      this.#part(arm * ringRows, count - upToEnd),
    ]);
    const rows = new Float32Array(count * ringWidth);
    rows.set(parts[0]);
    rows.set(parts[1], upToEnd * ringWidth);
    return rows;
  }

  async #part(row: number, rows: number): Promise<Float32Array<ArrayBuffer>> {
    if (rows <= 0) return new Float32Array();
    return this.#executor.read(this.#storage, row * ringWidth, rows * ringWidth);
  }

  dispose(): void {
    this.#storage.dispose();
  }
}

/** Those of the rows whose step is `step` or later. */
export function rowsFrom({ firstStep, count, arms }: MetricsRows, step: number): MetricsRows {
  const passed = Math.min(count, Math.max(0, step - firstStep));
  return {
    firstStep: firstStep + passed,
    count: count - passed,
    arms: arms.map((rows) => rows.slice(passed * ringWidth)),
  };
}
