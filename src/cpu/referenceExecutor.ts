/**
 * The reference executor: every kernel's plain loops, one after the other, on this thread. With float64 it is the
 * oracle of the tests, with float32 the fallback where there is no WebGPU. Slow on purpose, never wrong on purpose.
 */
import type { BoundProgram, Executor, Placement, Storage } from '../tensor/executor.ts';
import type { Dtype, Numbers } from '../tensor/kernel.ts';
import { LiveWindow, liveWords } from '../tensor/live.ts';
import { checkPlacements, disposedStorage, missingSlot, outOfMemory } from '../tensor/placements.ts';
import type { Program } from '../tensor/program.ts';

export type Precision = 'float32' | 'float64';

interface ReferenceStorage extends Storage {
  readonly numbers: Numbers;
}

interface ReferenceBoundProgram extends BoundProgram {
  readonly calls: readonly (() => void)[];
}

export class ReferenceExecutor implements Executor {
  readonly kind = 'reference';
  readonly adapter;
  /** The CPU is never lost. */
  readonly lost = new Promise<string>(() => undefined);
  dispatchesPerSubmit = Number.POSITIVE_INFINITY;
  holds = false;
  readonly #precision: Precision;
  readonly #storages = new Set<ReferenceStorage>();

  constructor(precision: Precision = 'float32') {
    this.#precision = precision;
    this.adapter = {
      name: `reference (${precision})`,
      software: true,
      subgroup: 0,
      workgroup: 256,
      maxBinding: 2 ** 31,
      maxBuffer: 2 ** 31,
    };
  }

  get live(): { buffers: number; bytes: number } {
    const bytes = [...this.#storages].reduce((sum, storage) => sum + storage.numbers.byteLength, 0);
    return { buffers: this.#storages.size, bytes };
  }

  allocate(label: string, dtype: Dtype, length: number): Storage {
    const storage: ReferenceStorage = {
      label,
      dtype,
      length,
      numbers: this.#create(label, dtype, Math.max(1, length)),
      dispose: () => this.#storages.delete(storage),
    };
    this.#storages.add(storage);
    return storage;
  }

  allocated(): Promise<void> {
    return Promise.resolve();
  }

  prepare(programs: readonly Program[], progress?: (done: number, total: number) => void): Promise<void> {
    progress?.(programs.length, programs.length);
    return Promise.resolve();
  }

  bind(
    program: Program,
    placements: ReadonlyMap<string, Placement>,
    live?: { readonly storage: Storage; readonly offset: number },
  ): BoundProgram {
    checkPlacements(program, placements);
    for (const { storage } of placements.values()) this.#numbersOf(storage);
    const window = liveWindow(live);
    const calls = program.calls.map((call) => {
      const buffers = call.args.map((arg) => {
        const placement = placements.get(arg.slot);
        if (placement === undefined) throw missingSlot(arg.slot);
        const start = (placement.offset ?? 0) + arg.offset;
        return numbersOf(placement.storage).subarray(start, start + arg.length);
      });
      return () => call.reference(buffers, window);
    });
    const bound: ReferenceBoundProgram = { program, calls };
    return bound;
  }

  run(bound: readonly BoundProgram[]): void {
    for (const one of bound as readonly ReferenceBoundProgram[]) {
      for (const step of one.calls) step();
    }
  }

  write(storage: Storage, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, offset = 0): void {
    const numbers = this.#numbersOf(storage);
    const words = numbers instanceof Uint32Array;
    if (words === data instanceof Uint32Array) numbers.set(data, offset);
    else numbers.set(words ? wordsOf(data) : floatsOf(data), offset);
  }

  async read(
    storage: Storage,
    offset = 0,
    length = storage.length - offset,
  ): Promise<Float32Array<ArrayBuffer>> {
    const part = this.#numbersOf(storage).slice(offset, offset + length);
    return part instanceof Uint32Array ? floatsOf(part) : new Float32Array(part);
  }

  async readWords(
    storage: Storage,
    offset = 0,
    length = storage.length - offset,
  ): Promise<Uint32Array<ArrayBuffer>> {
    const part = this.#numbersOf(storage).slice(offset, offset + length);
    return part instanceof Uint32Array ? part : wordsOf(new Float32Array(part));
  }

  /** Gives the thread's other work its turn. */
  settled(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }

  dispose(): void {
    this.#storages.clear();
  }

  #create(label: string, dtype: Dtype, length: number): Numbers {
    try {
      if (dtype === 'u32') return new Uint32Array(length);
      return this.#precision === 'float64' ? new Float64Array(length) : new Float32Array(length);
    } catch (cause) {
      throw outOfMemory(label, 4 * length, cause);
    }
  }

  /** Errors: `storage-disposed`. */
  #numbersOf(storage: Storage): Numbers {
    if (!('numbers' in storage) || !this.#storages.has(storage as ReferenceStorage))
      throw disposedStorage(storage.label);
    return numbersOf(storage);
  }
}

type Given = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
const wordsOf = (given: Given) => new Uint32Array(given.buffer, given.byteOffset, given.length);
const floatsOf = (given: Given) => new Float32Array(given.buffer, given.byteOffset, given.length);

/** The numbers themselves, for tests that need all digits of a float64 storage. */
export function numbersOf(storage: Storage): Numbers {
  if (!('numbers' in storage))
    throw new RangeError(`${storage.label} is not a storage of the reference executor`);
  return (storage as ReferenceStorage).numbers;
}

function liveWindow(live?: { readonly storage: Storage; readonly offset: number }): LiveWindow {
  if (live === undefined) return new LiveWindow(new Uint32Array(liveWords));
  const numbers = numbersOf(live.storage);
  if (!(numbers instanceof Uint32Array)) throw new RangeError('live windows are u32');
  return new LiveWindow(numbers.subarray(live.offset, live.offset + liveWords));
}
