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
    const numbers = await this.#executor.read(this.#storage);
    const arms = Array.from({ length: this.#arms }, (_, arm) => {
      const rows = new Float32Array(count * ringWidth);
      for (let i = 0; i < count; i++) {
        const at = (arm * ringRows + ((first + i) % ringRows)) * ringWidth;
        rows.set(numbers.subarray(at, at + ringWidth), i * ringWidth);
      }
      return rows;
    });
    return { firstStep: first, count, arms };
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
