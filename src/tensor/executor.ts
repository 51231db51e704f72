/**
 * What runs Programs: the WebGPU executor in gpu/, the reference in cpu/. Both keep this contract and the same tests
 * run on each. Nothing here decides what is computed.
 */
import type { Dtype } from './kernel.ts';
import type { Program } from './program.ts';

export interface AdapterSummary {
  /** What the page shows: `google swiftshader`, `reference (float32)`. */
  readonly name: string;
  /** A CPU in place of a GPU: no speed is to be expected. */
  readonly software: boolean;
  /** Least lanes of a subgroup; 0 where there are none, or none that know their number. */
  readonly subgroup: number;
  /** Most invocations of a workgroup. */
  readonly workgroup: number;
  /** Largest single binding and buffer, in bytes. */
  readonly maxBinding: number;
  readonly maxBuffer: number;
}

/** A buffer of an executor; its one owner disposes of it. */
export interface Storage {
  readonly label: string;
  readonly dtype: Dtype;
  readonly length: number;
  dispose(): void;
}

/** Where a slot lies: a storage, from an element that is a multiple of `windowAlignment`. */
export interface Placement {
  readonly storage: Storage;
  readonly offset?: number;
}

/** A Program with its buffers, ready to run any number of times. */
export interface BoundProgram {
  readonly program: Program;
}

export interface Executor {
  readonly kind: 'gpu' | 'reference';
  readonly adapter: AdapterSummary;
  /** Settles when the executor can no longer be used, with the reason; never before. */
  readonly lost: Promise<string>;
  /** A zeroed buffer. Errors: `out-of-memory`, `binding-too-large`. */
  allocate(label: string, dtype: Dtype, length: number): Storage;
  /** Settles every allocation so far. Errors: `out-of-memory`. */
  allocated(): Promise<void>;
  /** Most dispatches in one submit; the pacer lowers it where a submit takes long. No result depends on it. */
  dispatchesPerSubmit: number;
  /**
   * Whether runs may wait for those behind them, to go in one submit: until somebody reads, waits for all to settle or no
   * longer holds. For runs that are very short, while nobody else uses the device. No result depends on it.
   */
  holds: boolean;
  /** Buffers and bytes that are allocated and not disposed of. */
  readonly live: { readonly buffers: number; readonly bytes: number };
  /** Compiles what the Programs need; the same variant is compiled once. */
  prepare(programs: readonly Program[], progress?: (done: number, total: number) => void): Promise<void>;
  /**
   * Binds slots by name. `live` holds the live windows, `liveOffset` is the element where this arm's begins.
   * Only after `prepare`. Errors: `slot-missing`, `slot-too-small`.
   */
  bind(
    program: Program,
    placements: ReadonlyMap<string, Placement>,
    live?: { readonly storage: Storage; readonly offset: number },
  ): BoundProgram;
  /** Runs them in order, in one submit, and at once unless it holds; does not wait. */
  run(bound: readonly BoundProgram[]): void;
  /** Takes effect before the next `run`, after those before it. Numbers are converted to the storage's dtype by bits. */
  write(storage: Storage, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, offset?: number): void;
  /** A copy as it stands after everything run so far. f32 as float32. */
  read(storage: Storage, offset?: number, length?: number): Promise<Float32Array<ArrayBuffer>>;
  readWords(storage: Storage, offset?: number, length?: number): Promise<Uint32Array<ArrayBuffer>>;
  /** Resolves when everything run so far is done. */
  settled(): Promise<void>;
  /** Releases all; the executor cannot be used afterwards. */
  dispose(): void;
}
