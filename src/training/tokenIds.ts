/**
 * The tokens of a batch as a session on the GPU reads them: 64-bit integers, made where the batch lies. It runs no model.
 */
import { widenTokens } from '../kernels/widenTokens.ts';
import type { BoundProgram, Executor, Storage } from '../tensor/executor.ts';
import { call, type Slot, whole } from '../tensor/program.ts';

export class TokenIds {
  /** Two words a token. */
  readonly storage: Storage;
  readonly #executor: Executor;
  readonly #widen: BoundProgram;

  /** Of the batch that lies in `input`. Errors: those of the executor. */
  static async create(executor: Executor, input: Storage): Promise<TokenIds> {
    const { length } = input;
    const slots: readonly Slot[] = [
      { name: 'input', dtype: 'u32', length },
      { name: 'ids', dtype: 'u32', length: 2 * length },
    ];
    const program = { name: 'token ids', slots, calls: [call(widenTokens, { length }, slots.map(whole))] };
    await executor.prepare([program]);
    const storage = executor.allocate('token ids', 'u32', 2 * length);
    try {
      await executor.allocated();
      const placements = new Map([
        ['input', { storage: input }],
        ['ids', { storage }],
      ]);
      return new TokenIds(executor, storage, executor.bind(program, placements));
    } catch (error) {
      storage.dispose();
      throw error;
    }
  }

  private constructor(executor: Executor, storage: Storage, widen: BoundProgram) {
    this.#executor = executor;
    this.storage = storage;
    this.#widen = widen;
  }

  /** As the batch stands after all that was run. */
  write(): void {
    this.#executor.run([this.#widen]);
  }

  dispose(): void {
    this.storage.dispose();
  }
}
