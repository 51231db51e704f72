/**
 * The executor that a session runs on: opened by choice, lost at any moment, opened again. What goes on from a loss is the
 * session's affair.
 */
import type { ExecutorChoice } from '../protocol/commands.ts';
import { detailOf, type ErrorDetail } from '../spec/errors.ts';
import type { Executor } from '../tensor/executor.ts';
import { DeviceLosses } from './deviceLosses.ts';
import type { EngineHost } from './engineHost.ts';

/** How long the news of a loss may be behind its first consequence, in milliseconds. */
const newsDelay = 1_000;
/** Waits between attempts to have a GPU again after a loss, in milliseconds. */
const reopenPauses = [250, 750] as const;

type Remedy = DeviceLosses['remedy'];

export class HeldExecutor {
  /** Why it is lost, until there is another. */
  lost: string | null = null;
  readonly #host: Pick<EngineHost, 'openExecutor'>;
  readonly #losses: DeviceLosses;
  readonly #onLoss: () => void;
  #executor: Executor | null = null;
  #choice: ExecutorChoice = 'auto';

  /** `onLoss` is called once for each executor that is lost while it is held. */
  constructor(host: Pick<EngineHost, 'openExecutor'>, now: () => number, onLoss: () => void) {
    this.#host = host;
    this.#losses = new DeviceLosses(now);
    this.#onLoss = onLoss;
  }

  /** Errors: RangeError where none is open. */
  get executor(): Executor {
    if (this.#executor === null) throw new RangeError('the engine is not open');
    return this.#executor;
  }

  /** What the losses so far ask for. */
  get remedy(): Remedy {
    return this.#losses.remedy;
  }

  /** Resolves with why it is no GPU. */
  async open(choice: ExecutorChoice): Promise<ErrorDetail | null> {
    this.#choice = choice;
    return this.#open(choice);
  }

  /** Another in the place of one that is lost. Resolves with why it is no GPU. */
  replace(remedy: Remedy): Promise<ErrorDetail | null> {
    const wasGpu = this.#executor?.kind === 'gpu';
    this.#executor?.dispose();
    return this.#reopen(remedy === 'reference' ? remedy : this.#choice, wasGpu);
  }

  /** The news of a loss may come after its first consequence, which this error may be. */
  async isLoss(error: unknown): Promise<boolean> {
    const executor = this.#executor;
    if (executor === null) return false;
    const patience = detailOf(error).code === 'device-lost' ? newsDelay : 0;
    await Promise.race([executor.lost, new Promise((resolve) => setTimeout(resolve, patience))]);
    return this.lost !== null;
  }

  close(): void {
    const executor = this.#executor;
    this.#executor = null;
    this.lost = null;
    executor?.dispose();
  }

  async #open(choice: ExecutorChoice): Promise<ErrorDetail | null> {
    const { executor, missing } = await this.#host.openExecutor(choice);
    this.#executor = executor;
    this.lost = null;
    void executor.lost.then((reason) => this.#lose(executor, reason));
    return missing;
  }

  /** A driver that restarts may need a moment before it gives a device again. */
  async #reopen(choice: ExecutorChoice, wasGpu: boolean): Promise<ErrorDetail | null> {
    for (const pause of reopenPauses) {
      const missing = await this.#open(choice);
      if (!wasGpu || choice === 'reference' || this.#executor?.kind === 'gpu') return missing;
      this.#executor?.dispose();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return this.#open(choice);
  }

  #lose(executor: Executor, reason: string): void {
    if (this.#executor !== executor || this.lost !== null) return;
    this.lost = reason;
    this.#losses.add();
    this.#onLoss();
  }
}
