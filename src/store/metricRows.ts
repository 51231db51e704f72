/**
 * The training metrics of one run, kept outside of any reactive state: typed arrays that charts read when told to.
 * Memory is bounded: when full, every second row is dropped, and from then on only every 2nd, 4th, … row is kept.
 */
import { type MetricColumn, metricColumns, metricStride } from '../protocol/events.ts';

const capacity = 4096;

export class MetricRows {
  #steps = new Uint32Array(capacity);
  #values: Float32Array[] = [];
  #count = 0;
  #every = 1;
  #seen = 0;

  /** Rows that are kept now. */
  get count(): number {
    return this.#count;
  }

  /** Steps of the kept rows, ascending; a view that the next `append` may change. */
  get steps(): Uint32Array {
    return this.#steps.subarray(0, this.#count);
  }

  /** One column of one arm, (count,). */
  column(arm: number, column: MetricColumn): Float32Array {
    const source = this.#values[arm];
    const out = new Float32Array(this.#count);
    if (source === undefined) return out.fill(Number.NaN);
    const at = metricColumns.indexOf(column);
    for (let row = 0; row < this.#count; row++) out[row] = source[row * metricStride + at] ?? Number.NaN;
    return out;
  }

  /** All columns of one arm at a kept row: `metricStride` numbers, a view that the next `append` may change. */
  row(arm: number, row: number): Float32Array {
    return (
      this.#values[arm]?.subarray(row * metricStride, (row + 1) * metricStride) ??
      new Float32Array(metricStride)
    );
  }

  /** The newest value, or NaN before the first row. */
  last(arm: number, column: MetricColumn): number {
    const at = metricColumns.indexOf(column);
    return this.#values[arm]?.[(this.#count - 1) * metricStride + at] ?? Number.NaN;
  }

  /** `values[arm]` holds steps.length × `metricStride` numbers. Rows at or after the first new step are replaced. */
  append(steps: Uint32Array, values: readonly Float32Array[]): void {
    const first = steps[0];
    if (first === undefined) return;
    this.truncate(first);
    while (this.#values.length < values.length) this.#values.push(new Float32Array(capacity * metricStride));
    for (let row = 0; row < steps.length; row++) {
      if (this.#seen++ % this.#every !== 0) continue;
      if (this.#count === capacity) this.#thin();
      this.#steps[this.#count] = steps[row] ?? 0;
      for (const [arm, source] of values.entries()) {
        this.#values[arm]?.set(
          source.subarray(row * metricStride, (row + 1) * metricStride),
          this.#count * metricStride,
        );
      }
      this.#count += 1;
    }
  }

  /** Forgets the rows from `step` on. */
  truncate(step: number): void {
    while (this.#count > 0 && (this.#steps[this.#count - 1] ?? 0) >= step) this.#count -= 1;
    if (this.#count === 0) {
      this.#every = 1;
      this.#seen = 0;
    }
  }

  #thin(): void {
    const kept = capacity / 2;
    for (let row = 0; row < kept; row++) {
      this.#steps[row] = this.#steps[row * 2] ?? 0;
      for (const values of this.#values) {
        values.copyWithin(row * metricStride, row * 2 * metricStride, (row * 2 + 1) * metricStride);
      }
    }
    this.#count = kept;
    this.#every *= 2;
  }
}
