/**
 * Which rows each batch holds: every epoch a new permutation, drawn without replacement; batches run on over the end
 * of an epoch, so all are full. Pure in (seed, n, batch index).
 */
import { permutation, randomU32 } from '../tensor/random.ts';

export class BatchOrder {
  readonly #seed: number;
  readonly #batch: number;
  readonly #n: number;
  /** The last two epochs asked for: a batch may hold the end of one and the beginning of the next. */
  readonly #epochs = new Map<number, Uint32Array>();

  /** `seed`: the sub-seed of the order; `n` rows, `batch` of them at a time. */
  constructor(seed: number, batch: number, n: number) {
    this.#seed = seed;
    this.#batch = batch;
    this.#n = n;
  }

  /** Writes the rows of batch `index` (from 0) into `into`, (batch). */
  fill(index: number, into: Uint32Array): void {
    for (let filled = 0; filled < this.#batch; ) {
      const at = index * this.#batch + filled;
      const row = at % this.#n;
      const rows = this.#epoch(Math.floor(at / this.#n)).subarray(row, row + this.#batch - filled);
      into.set(rows, filled);
      filled += rows.length;
    }
  }

  #epoch(epoch: number): Uint32Array {
    const known = this.#epochs.get(epoch);
    if (known !== undefined) return known;
    for (const old of this.#epochs.keys()) if (Math.abs(old - epoch) > 1) this.#epochs.delete(old);
    const order = permutation(this.#n, randomU32(this.#seed, epoch, 0, 0));
    this.#epochs.set(epoch, order);
    return order;
  }
}
