/**
 * Checkpoints of the last few runs, each on a shelf of its own, so that a run begun does not cost the one before it. There
 * is no index that could contradict the shelves: what lies on one is told by the head of its checkpoint. The one
 * written longest ago makes room.
 */
import { isDeepEqual } from '../../spec/equal.ts';
import { StillroomError } from '../../spec/errors.ts';
import type { RunSpec } from '../../spec/runSpec.ts';
import type { Checkpoint, CheckpointHead } from './format.ts';
import { type CheckpointStore, type Files, TwoSlotStore } from './store.ts';

export interface RunStoreLimits {
  readonly runs: number;
  /** Of all runs; the one being written is kept, however large. */
  readonly bytes: number;
}

/** Does the work while nobody else does any. */
export type Alone = <T>(work: () => Promise<T>) => Promise<T>;

const usual: RunStoreLimits = { runs: 8, bytes: 256 * 2 ** 20 };

interface Shelf {
  readonly key: string;
  readonly store: TwoSlotStore;
}

/** A shelf that is not empty. */
interface Taken extends Shelf {
  readonly head: CheckpointHead;
}

export class RunStores {
  readonly #shelves: readonly Shelf[];
  readonly #limits: RunStoreLimits;
  readonly #alone: Alone;
  /** One change at a time: two runs must not take the same shelf. */
  #turn: Promise<unknown> = Promise.resolve();

  /** `alone` lets one tab at a time change what all of them keep. */
  constructor(
    files: Files,
    limits: RunStoreLimits = usual,
    now: () => number = () => Date.now(),
    alone: Alone = (work) => work(),
  ) {
    this.#limits = limits;
    this.#alone = alone;
    this.#shelves = Array.from({ length: limits.runs }, (_, i) => {
      // The first has the names that were used when there was only one.
      const key = i === 0 ? 'checkpoint' : `checkpoint-${i}`;
      return { key, store: new TwoSlotStore(files, key, now) };
    });
  }

  /** The checkpoints of the run with this specification and data. */
  of(spec: RunSpec, fingerprint: string): CheckpointStore {
    const isOurs = ({ head }: Taken) => head.fingerprint === fingerprint && isDeepEqual(head.spec, spec);
    return {
      load: async () => (await this.#taken()).find(isOurs)?.store.load() ?? null,
      save: (checkpoint) => this.#inTurn(() => this.#save(checkpoint, isOurs)),
    };
  }

  /** Newest first. */
  async list(): Promise<readonly Taken[]> {
    return (await this.#taken()).reverse();
  }

  /** A key that is none does nothing. */
  remove(key: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#shelves.find((shelf) => shelf.key === key)?.store.clear();
    });
  }

  async #save(checkpoint: Checkpoint, isOurs: (one: Taken) => boolean): Promise<void> {
    const taken = await this.#taken();
    const others = taken.filter((one) => !isOurs(one));
    const free = this.#shelves.find(({ key }) => !taken.some((one) => one.key === key));
    const shelf = taken.find(isOurs) ?? free ?? others.shift();
    if (shelf === undefined) throw new RangeError('there is no shelf');
    const enough = bytesOf(others) >= sizeOf(checkpoint);
    for (;;) {
      try {
        await shelf.store.save(checkpoint);
        break;
      } catch (error) {
        // Old runs are worth less than this one, where they leave as much room as it takes.
        const oldest = enough && isFull(error) ? others.shift() : undefined;
        if (oldest === undefined) throw error;
        await oldest.store.clear();
      }
    }
    const own = (await shelf.store.head())?.bytes ?? 0;
    while (own + bytesOf(others) > this.#limits.bytes) {
      const oldest = others.shift();
      if (oldest === undefined) return;
      await oldest.store.clear();
    }
  }

  /** Oldest first. */
  async #taken(): Promise<Taken[]> {
    const heads = await Promise.all(
      this.#shelves.map(async (shelf) => ({ ...shelf, head: await shelf.store.head() })),
    );
    return heads
      .flatMap(({ head, ...shelf }) => (head === null ? [] : [{ ...shelf, head }]))
      .sort((a, b) => a.head.savedAt - b.head.savedAt);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(() => this.#alone(work));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

function bytesOf(taken: readonly Taken[]): number {
  return taken.reduce((sum, { head }) => sum + head.bytes, 0);
}

/** Of the arrays; the header is small beside them. */
function sizeOf({ state }: Checkpoint): number {
  const arrays = state.arms.flatMap((arm) => [...arm.values()]);
  return arrays.reduce((sum, numbers) => sum + numbers.byteLength, 0);
}

/** No other failure is mended by room. */
function isFull(error: unknown): boolean {
  if (error instanceof StillroomError) return error.detail.code === 'checkpoint-full';
  return error instanceof Error && error.name === 'QuotaExceededError';
}
