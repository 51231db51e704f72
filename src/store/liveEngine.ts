/**
 * The page's one live engine: opened at the first wish, opened again where it ended, and loaded with one run at a time.
 * Each wish makes the one before it void, so that quick commands end where the last of them leads.
 */
import type { Command, GivenFile } from '../protocol/commands.ts';
import type { Engine, Listener } from '../protocol/engine.ts';
import { detailOf } from '../spec/errors.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { Conversation, type Surroundings } from './conversation.ts';
import type { Run } from './run.ts';
import { type AppStore, notify } from './state.ts';

interface Wanted {
  readonly files: readonly GivenFile[];
  readonly resume: boolean;
  /** What the run does when it is ready; null: it waits. */
  readonly next: Command | null;
}

export interface LiveSource extends Surroundings {
  openLive(listener: Listener): Engine;
}

/** All that a controller opens. */
export interface Sources extends LiveSource {
  /** The recorded run of a preset, or null where there is none. */
  openRecording(presetId: string): Promise<RecordedRun | null>;
}

export interface RecordedRun {
  readonly spec: RunSpec;
  /** How long its training took. */
  readonly seconds?: number | null;
  start(listener: Listener): Engine;
}

/** What a recorded run brings to a run of the page. */
export function fieldsOf({ spec, seconds = null }: RecordedRun) {
  return { spec: { ...spec, events: [] }, recordedSeconds: seconds };
}

/** Milliseconds for which a run may be prepared and still be waited for when another is wanted. */
const patience = 2_000;

export class LiveEngine {
  readonly #store: AppStore;
  readonly #source: LiveSource;
  #conversation: Conversation | null = null;
  #opening: Promise<Conversation | null> | null = null;
  #wish = 0;
  /** The wish whose run is being opened or loaded. */
  #preparing: number | null = null;
  #next: Command | null = null;
  /** When the engine began to load what it loads. */
  #since: number | null = null;

  constructor(store: AppStore, source: LiveSource) {
    this.#store = store;
    this.#source = source;
  }

  get conversation(): Conversation | null {
    return this.#conversation;
  }

  /** True where the last wish is on its way: a command then waits for it, as `next`. */
  get isPreparing(): boolean {
    return this.#preparing === this.#wish && this.#store.getState().activity !== 'idle';
  }

  set next(command: Command | null) {
    this.#next = command;
  }

  /** The last of them, to be compared with later. */
  get wish(): number {
    return this.#wish;
  }

  /** Something else is shown from now on: what was on its way no longer takes the page. */
  turn(): number {
    this.#wish += 1;
    this.#store.setState({ awaited: false });
    return this.#wish;
  }

  /** True where nothing else was wished for since. */
  isLast(wish: number): boolean {
    return wish === this.#wish;
  }

  /**
   * Loads what `make` gives once the engine is open; a newer wish keeps it from being made. Resolves with whether it is ready
   * and nothing else was wished for since.
   */
  async prepare(wanted: Wanted, make: () => Run): Promise<boolean> {
    const wish = this.turn();
    // An engine does one thing after the other, and what nobody waits for any more may take minutes.
    if (this.#since !== null && performance.now() - this.#since > patience) this.#end();
    this.#preparing = wish;
    this.#next = wanted.next;
    const live = await this.#openOne();
    if (live === null || wish !== this.#wish) {
      if (this.#preparing === wish) this.#preparing = null;
      this.#rest();
      return false;
    }
    const run = make();
    // What went wrong before is no longer true of what is shown.
    const notices = this.#store.getState().notices.filter(({ kind }) => kind !== 'error');
    this.#store.setState({ activity: 'preparing', notices });
    const since = performance.now();
    this.#since = since;
    let ready = false;
    try {
      // A checkpoint is found by the specification that its run was started with.
      const spec = run.facts?.spec ?? run.spec;
      await live.load(run, { type: 'load', spec, files: wanted.files, resume: wanted.resume });
      if (this.#preparing === wish && this.#next !== null) live.send(this.#next);
      ready = true;
    } catch {
      // The engine has said why by an error event, which is on the page.
      if (this.#preparing === wish) this.#store.setState({ activity: 'idle' });
    }
    if (this.#since === since) this.#since = null;
    if (this.#preparing === wish) this.#preparing = null;
    return ready && this.isLast(wish);
  }

  /** Gives up what is being prepared: its engine ends, and what was shown before it is shown again. */
  cancel(): void {
    if (this.#store.getState().activity !== 'preparing') return;
    this.turn();
    this.#preparing = null;
    this.#end();
    this.#store.setState({ activity: 'idle', progress: null });
  }

  /** With the run that it was loading, which is none yet. */
  #end(): void {
    const lost = this.#conversation?.runId;
    this.#conversation?.close();
    this.#conversation = null;
    this.#since = null;
    this.#store.setState(({ runs, currentId, presetId }) => {
      const left = runs.filter(({ id, facts }) => id !== lost || facts !== null);
      const before = left.findLast((run) => run.presetId === presetId && run.facts !== null);
      const gone = left.length < runs.length && currentId === lost;
      return { runs: left, currentId: gone ? (before?.id ?? null) : currentId };
    });
  }

  /** Shows that models are timed, as part of a run's preparation, until they are. */
  async whileTiming(timed: Promise<void>): Promise<void> {
    const progress = { stage: 'speed', done: 0, total: 0 } as const;
    this.#store.setState({ activity: 'preparing', progress });
    await timed;
    if (!this.isPreparing) this.#store.setState({ activity: 'idle', progress: null });
  }

  /** The open engine, or a new one, for questions that need no run. Null where it did not open. */
  async open(): Promise<Conversation | null> {
    const live = await this.#openOne();
    this.#rest();
    return live;
  }

  /** Whoever asks while it opens gets the same. */
  async #openOne(): Promise<Conversation | null> {
    if (this.#conversation !== null && !this.#conversation.ended) return this.#conversation;
    this.#opening ??= this.#openNew().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openNew(): Promise<Conversation | null> {
    this.#conversation?.close();
    this.#conversation = null;
    this.#store.setState({ activity: 'opening' });
    let opened: Conversation | null = null;
    try {
      opened = new Conversation('live', this.#store, (listener) => this.#source.openLive(listener));
      await opened.open(this.#source);
      this.#conversation = opened;
      return opened;
    } catch (error) {
      opened?.close();
      this.#store.setState({ activity: 'idle' });
      notify(this.#store, { kind: 'error', detail: detailOf(error) });
      return null;
    }
  }

  /** It is open, and nobody waits for a run. */
  #rest(): void {
    if (this.#preparing === this.#wish || this.#store.getState().activity !== 'opening') return;
    this.#store.setState({ activity: 'idle' });
  }
}
