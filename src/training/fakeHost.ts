/**
 * Parts for tests of whole runs: a host with a teacher made of arithmetic, an executor that loses its device at a
 * chosen operation, and a specification that is done in a moment.
 */
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import type { GivenFile } from '../protocol/commands.ts';
import type { EngineEvent } from '../protocol/events.ts';
import { StillroomError } from '../spec/errors.ts';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { RowTeacher } from '../teachers/rowTeacher.ts';
import type { Executor, Storage } from '../tensor/executor.ts';
import type { Program } from '../tensor/program.ts';
import { RunStores } from './checkpoints/runStores.ts';
import { MemoryFiles } from './checkpoints/store.ts';
import type { EngineHost } from './engineHost.ts';
import { rowsTeacher } from './rowsTeacher.ts';
import { Session } from './session.ts';

/** A run of 60 steps, two arms, students of a few numbers. */
export function smallSpec(change: Partial<RunSpec> = {}): RunSpec {
  const moons = presets.get('two-moons-1');
  if (moons?.spec.data.task !== 'planes') throw new RangeError('there is no two-moons-1');
  return {
    ...moons.spec,
    data: { ...moons.spec.data, transfer: 60, labelled: 20, validation: 8, test: 16 },
    teacher: { source: 'file', sha256: '', input: '', logits: '', delivery: 'pack', provider: 'auto' },
    student: { kind: 'mlp', hidden: [4], activation: 'tanh', norm: 'none', dropout: 0.1 },
    training: { steps: 60, batch: 8, accumulate: 1, evaluateEvery: 15 },
    arms: [{ kind: 'labels' }, { kind: 'distilled' }],
    ...change,
  };
}

/** For sessions: every loss is long after the one before it. */
export function patientClock(): () => number {
  let now = 0;
  return () => {
    now += 1_000_000;
    return now;
  };
}

export const fakeModel: GivenFile = { name: 'arithmetic.onnx', bytes: new Uint8Array() };

/** Knows above from below. */
const arithmetic: RowTeacher = {
  classes: 2,
  batch: 64,
  answer(inputs, n) {
    const logits = new Float32Array(2 * n);
    for (let row = 0; row < n; row++) {
      const [x = 0, y = 0] = inputs.subarray(2 * row);
      logits.set([2 * y - x / 2, x / 2 - 2 * y], 2 * row);
    }
    return Promise.resolve({ logits, hidden: [] });
  },
  dispose: () => undefined,
};

export interface FakeHost extends EngineHost {
  /** What was asked of the host so far. */
  readonly counts: { executors: number; teachers: number; live: number };
}

/** `open` makes the executors, told how many there were before and which kind is wanted. */
export function fakeHost(
  open: (before: number, choice: 'auto' | 'reference') => Executor | Promise<Executor>,
  runs = new RunStores(new MemoryFiles()),
): FakeHost {
  const counts = { executors: 0, teachers: 0, live: 0 };
  const missing = () => Promise.reject(new RangeError('this host has no files'));
  return {
    counts,
    runs,
    versions: { stillroom: 'test' },
    surround: () => undefined,
    hub: { offer: missing, files: missing, stored: missing, remove: missing },
    asset: missing,
    inspect: missing,
    async openExecutor(choice) {
      counts.executors += 1;
      return { executor: await open(counts.executors - 1, choice), missing: null };
    },
    openRows() {
      counts.teachers += 1;
      return Promise.resolve(arithmetic);
    },
    openLive(_, { prepared, executor }, member) {
      counts.live += 1;
      const provider = { name: 'wasm', reason: 'imagined' } as const;
      const live = rowsTeacher(arithmetic, prepared.dataset, executor, member);
      return Promise.resolve({ ...live, provider, milliseconds: 1, dispose: () => undefined });
    },
    identify: ({ name }) =>
      Promise.resolve({ title: name, parameters: 4, bytes: 16, sha256: '0', trainedOn: null }),
    data: (spec, seed) => Promise.resolve(datasetFromSpec(spec, seed)),
  };
}

/** The reference, until its `last` operation: then it is a lost device, and says so a moment later. */
export class MortalExecutor implements Executor {
  readonly kind = 'reference';
  readonly adapter;
  readonly lost: Promise<string>;
  dispatchesPerSubmit = Number.POSITIVE_INFINITY;
  holds = false;
  /** Operations so far. */
  operations = 0;
  /** Of these, steps that a loop has waited for. */
  steps = 0;
  /** When it was lost, on the clock of `performance`. */
  diedAt: number | null = null;
  readonly #inner = new ReferenceExecutor('float32');
  /** By label; the last of that name. */
  readonly storages = new Map<string, Storage>();
  #last: number;
  #tell: (reason: string) => void = () => undefined;
  #dead = false;

  constructor(last = Number.POSITIVE_INFINITY) {
    this.adapter = this.#inner.adapter;
    this.#last = last;
    this.lost = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  get live() {
    return this.#inner.live;
  }

  /** As a driver that restarts, so many operations from now. */
  lose(operations = 0): void {
    this.#last = this.operations + operations;
    if (operations === 0) this.#die();
  }

  /** The news comes after its first consequences every other time. */
  #die(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.diedAt = performance.now();
    if (this.operations % 2 === 0) this.#tell('imagined');
    else setTimeout(() => this.#tell('imagined'), 0);
  }

  allocate(...args: Parameters<Executor['allocate']>): Storage {
    const storage = this.#inner.allocate(...args);
    this.storages.set(storage.label, storage);
    return storage;
  }

  async allocated(): Promise<void> {
    this.#count();
  }

  async prepare(programs: readonly Program[], progress?: (done: number, total: number) => void) {
    this.#count();
    if (this.#dead) throw new Error('a pipeline of a lost device');
    await this.#inner.prepare(programs, progress);
  }

  bind(...args: Parameters<Executor['bind']>) {
    return this.#inner.bind(...args);
  }

  run(...args: Parameters<Executor['run']>): void {
    this.#count();
    if (!this.#dead) this.#inner.run(...args);
  }

  write(...args: Parameters<Executor['write']>): void {
    if (!this.#dead) this.#inner.write(...args);
  }

  async read(...args: Parameters<Executor['read']>) {
    this.#count();
    const found = this.#inner.read(...args);
    if (this.#dead) throw lostWhileReading();
    return found;
  }

  async readWords(...args: Parameters<Executor['readWords']>) {
    this.#count();
    const found = this.#inner.readWords(...args);
    if (this.#dead) throw lostWhileReading();
    return found;
  }

  async settled(): Promise<void> {
    this.#count();
    this.steps += 1;
    if (!this.#dead) await this.#inner.settled();
  }

  dispose(): void {
    this.#dead = true;
    this.#tell('disposed');
    this.#inner.dispose();
  }

  #count(): void {
    this.operations += 1;
    if (this.operations >= this.#last) this.#die();
  }
}

function lostWhileReading(): StillroomError {
  return new StillroomError({ code: 'device-lost', problem: 'The GPU was lost while results were read' });
}

/** A session with all that it has said, and the ways in which tests wait for it. */
export class Listening {
  readonly session: Session;
  readonly events: EngineEvent[] = [];
  readonly #waiting = new Set<{ is: (event: EngineEvent) => boolean; resolve: () => void }>();

  /** `heard` is told of each event as it comes. */
  constructor(host: EngineHost, now?: () => number, heard?: (event: EngineEvent) => void) {
    const hear = (event: EngineEvent) => {
      this.#hear(event);
      heard?.(event);
    };
    this.session = new Session(host, hear, now);
    this.session.handle({ type: 'open', assets: '', executor: 'auto' });
  }

  async load(spec: RunSpec, resume = false): Promise<void> {
    this.session.handle({ type: 'load', spec, files: [fakeModel], resume });
    await this.session.idle();
  }

  of<T extends EngineEvent['type']>(type: T): Extract<EngineEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type);
  }

  /** Resolves at the next such event. */
  next(is: (event: EngineEvent) => boolean): Promise<void> {
    return new Promise((resolve) => this.#waiting.add({ is, resolve }));
  }

  /** Resolves when the run is at its end, or has stopped with an error that is told. */
  async ended(): Promise<void> {
    await this.next(
      (event) => event.type === 'error' || (event.type === 'state' && event.state === 'finished'),
    );
    await this.session.idle();
  }

  async playToEnd(): Promise<void> {
    const ended = this.ended();
    this.session.handle({ type: 'play' });
    await ended;
  }

  /** The student of an arm, as bytes. */
  async weights(arm: number): Promise<Uint8Array> {
    const id = 1_000 + this.events.length;
    this.session.handle({ type: 'export', id, what: 'safetensors', arm });
    await this.session.idle();
    const reply = this.of('reply').find((event) => event.id === id)?.reply;
    if (reply?.kind === 'exported') return reply.bytes;
    throw new Error(`no export: ${JSON.stringify(reply)}`);
  }

  async close(): Promise<void> {
    this.session.handle({ type: 'close' });
    await this.session.idle();
  }

  #hear(event: EngineEvent): void {
    this.events.push(event);
    for (const one of [...this.#waiting]) {
      if (!one.is(event)) continue;
      this.#waiting.delete(one);
      one.resolve();
    }
  }
}
