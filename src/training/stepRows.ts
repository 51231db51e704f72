/**
 * How many rows each step has that are not padding, and how many of those carry a label: what losses are divided by.
 * It reads which samples a step takes; it takes none.
 */
import type { BatchOrder } from '../data/order.ts';
import type { Split } from '../data/task.ts';

export interface RowCounts {
  readonly valid: number;
  /** Of the valid ones. */
  readonly labelled: number;
  /** Padding among them. */
  readonly total: number;
}

export class StepRows {
  readonly #order: BatchOrder;
  readonly #indices: Uint32Array<ArrayBuffer>;
  readonly #accumulate: number;
  /** By sample. */
  readonly #valid: Uint32Array;
  readonly #labelled: Uint32Array;
  readonly #total: number;

  /** `batch` samples in each of `accumulate` micro-batches of a step. */
  constructor(
    split: Split,
    order: BatchOrder,
    { batch, accumulate }: { readonly batch: number; readonly accumulate: number },
  ) {
    this.#order = order;
    this.#indices = new Uint32Array(batch);
    this.#accumulate = accumulate;
    this.#valid = new Uint32Array(split.n);
    this.#labelled = new Uint32Array(split.n);
    const positions = split.valid.length / Math.max(1, split.n);
    this.#total = accumulate * batch * positions;
    split.valid.forEach((valid, row) => {
      if (valid === 0) return;
      const sample = Math.floor(row / positions);
      this.#valid[sample] = (this.#valid[sample] ?? 0) + 1;
      this.#labelled[sample] = (this.#labelled[sample] ?? 0) + (split.labelled[row] ?? 0);
    });
  }

  /** Of the whole step, over its micro-batches. */
  of(step: number): RowCounts {
    let [valid, labelled] = [0, 0];
    for (let micro = 0; micro < this.#accumulate; micro++) {
      this.#order.fill(step * this.#accumulate + micro, this.#indices);
      for (const sample of this.#indices) {
        valid += this.#valid[sample] ?? 0;
        labelled += this.#labelled[sample] ?? 0;
      }
    }
    return { valid, labelled, total: this.#total };
  }
}
