/** What an engine may reach, and how long it waits. */
export interface Surroundings {
  /** Where teachers and packs lie: the page's own address. */
  readonly assets: string;
  /** Origin of the hub of models; absent where the page has none. */
  readonly hub?: string;
  /** How long one run of a teacher may take, in seconds; absent where the engine's own limit holds. */
  readonly teacherSeconds?: number;
}

/**
 * One engine, the run it has loaded, and the answers still owed. Events of a run that is being replaced are dropped,
 * so that a late curve never lands in the next run's log. It keeps no state that is shown.
 */
import type { Command } from '../protocol/commands.ts';
import type { Engine, Listener } from '../protocol/engine.ts';
import type { EngineEvent, Reply } from '../protocol/events.ts';
import { type ErrorDetail, StillroomError } from '../spec/errors.ts';
import { receive } from './receive.ts';
import type { Run } from './run.ts';
import { type AppStore, changeRun, notify } from './state.ts';

type Asking = Extract<Command, { id: number }>;
type Question = Asking extends infer One ? (One extends Asking ? Omit<One, 'id'> : never) : never;

type Checked = Extract<EngineEvent, { type: 'checked' }>;

interface Waiting {
  resolve(): void;
  reject(reason: unknown): void;
}

const stale: ReadonlySet<EngineEvent['type']> = new Set([
  'state',
  'metrics',
  'evaluation',
  'pictures',
  'text',
  'similarity',
  'setting',
  'replicate',
  'sweep',
  'checkpoint',
  'rolled-back',
  'recovered',
  'teacher',
]);

/** Errors that are told and stop nothing. */
const harmless: ReadonlySet<string> = new Set(['checkpoint-unwritten']);

const closed: ErrorDetail = { code: 'engine-closed', problem: 'The engine was closed' };

export class Conversation {
  readonly source: 'recording' | 'live';
  readonly #store: AppStore;
  readonly #engine: Engine;
  #runId: string | null = null;
  /** The run that is being rewound: until the engine is back at step 0, what it says is still about this one. */
  #leaving: string | null = null;
  #loading: Waiting | null = null;
  /** Loads sent and not answered. They are answered in order, so only the last answer is of the wanted run. */
  #owed = 0;
  #gate: Waiting | null = null;
  #replies = new Map<number, (reply: Reply) => void>();
  /** Who listens to what comes before a reply. */
  #onTheWay = new Map<number, (event: Checked) => void>();
  #serial = 0;
  #closed = false;

  constructor(source: 'recording' | 'live', store: AppStore, open: (listener: Listener) => Engine) {
    this.source = source;
    this.#store = store;
    this.#engine = open((event) => this.#hear(event));
  }

  /** The engine is no more; whoever needs one opens another. */
  get ended(): boolean {
    return this.#closed;
  }

  /** The run that the engine has loaded or is loading. */
  get runId(): string | null {
    return this.#runId;
  }

  send(command: Command): void {
    if (!this.#closed) this.#engine.send(command);
  }

  /** Resolves when the engine has said what it runs on. Errors: what it said instead. */
  open({ assets, hub, teacherSeconds }: Surroundings): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#gate = { resolve, reject };
      const given = {
        ...(hub === undefined ? {} : { hub }),
        ...(teacherSeconds === undefined ? {} : { teacherSeconds }),
      };
      this.send({ type: 'open', assets, executor: 'auto', ...given });
    });
  }

  /** Resolves at `ready`; rejects at an error before it. */
  load(run: Run, command: Extract<Command, { type: 'load' }>): Promise<void> {
    this.#loading?.reject(new Error('another run was loaded'));
    this.#putDown(run.id);
    this.#runId = run.id;
    this.#leaving = null;
    this.#owed += 1;
    return new Promise((resolve, reject) => {
      this.#loading = { resolve, reject };
      this.send(command);
    });
  }

  /** From step 0 on the engine's events are this run's: for a rewind, which keeps the old run's log as it is. */
  follow(runId: string): void {
    this.#leaving ??= this.#runId;
    this.#runId = runId;
  }

  /** `onTheWay` hears what is told before the reply. */
  ask(question: Question, onTheWay?: (event: Checked) => void): Promise<Reply> {
    if (this.#closed) return Promise.resolve({ kind: 'failed', detail: closed });
    this.#serial += 1;
    const id = this.#serial;
    if (onTheWay !== undefined) this.#onTheWay.set(id, onTheWay);
    return new Promise((resolve) => {
      this.#replies.set(id, resolve);
      this.send({ ...question, id });
    });
  }

  close(): void {
    this.#end(closed);
    this.#engine.close();
  }

  #hear(event: EngineEvent): void {
    if (this.#closed) return;
    // What a recording was made on says nothing about this browser.
    if (event.type === 'gate' && this.source === 'recording') return;
    if (this.#loading !== null && stale.has(event.type)) return;
    if (event.type === 'error') return this.#fail(event);
    if (event.type === 'checked') return this.#onTheWay.get(event.id)?.(event);
    if (event.type === 'ready' && this.#replaced()) return;
    if (event.type === 'state' && event.step === 0) this.#leaving = null;
    const loading = this.#loading;
    if (event.type === 'ready') this.#loading = null;
    receive(this.#store, this.#leaving ?? this.#runId, event);
    if (event.type === 'ready') loading?.resolve();
    if (event.type === 'gate') this.#opened();
    if (event.type === 'reply') this.#answer(event.id, event.reply);
  }

  #fail(event: Extract<EngineEvent, { type: 'error' }>): void {
    const { detail, of = 'load' } = event;
    // What was sent along with a load that failed has its reason in that.
    if (detail.code === 'no-run') return;
    if (harmless.has(detail.code)) return notify(this.#store, { kind: 'error', detail });
    const ends = detail.code === 'engine-stopped';
    // What was asked of the run before is no answer to the load.
    if (this.#loading !== null && of !== 'load') return;
    if (!ends && this.#loading !== null && this.#replaced()) return;
    const loading = this.#loading;
    this.#loading = null;
    receive(this.#store, this.#leaving ?? this.#runId, event);
    this.#leaving = null;
    loading?.reject(new StillroomError(detail));
    this.#gate?.reject(new StillroomError(detail));
    this.#gate = null;
    if (ends) this.#end(detail);
  }

  /** The engine stops the run that it has before it loads another, and what it says of that is not heard. */
  #putDown(nextId: string): void {
    const held = this.#store.getState().runs.find((run) => run.id === this.#runId);
    if (held !== undefined && held.id !== nextId && held.state === 'playing')
      changeRun(this.#store, held.id, { state: 'paused' });
  }

  /** Counts an answer to a load; true where a later load has made it pointless. */
  #replaced(): boolean {
    this.#owed = Math.max(0, this.#owed - 1);
    return this.#owed > 0;
  }

  #opened(): void {
    this.#gate?.resolve();
    this.#gate = null;
  }

  #answer(id: number, reply: Reply): void {
    this.#replies.get(id)?.(reply);
    this.#replies.delete(id);
    this.#onTheWay.delete(id);
  }

  /** Nobody waits for an engine that is gone. */
  #end(detail: ErrorDetail): void {
    this.#closed = true;
    this.#loading?.reject(new StillroomError(detail));
    this.#gate?.reject(new StillroomError(detail));
    for (const resolve of this.#replies.values()) resolve({ kind: 'failed', detail });
    this.#loading = null;
    this.#gate = null;
    this.#replies.clear();
    this.#onTheWay.clear();
  }
}
