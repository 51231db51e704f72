/**
 * One engine, the run it has loaded, and the answers still owed. Events of a run that is being replaced are dropped,
 * so that a late curve never lands in the next run's log. It keeps no state that is shown.
 */
import type { Command } from '../protocol/commands.ts';
import type { Engine, Listener } from '../protocol/engine.ts';
import type { EngineEvent, Reply } from '../protocol/events.ts';
import { receive } from './receive.ts';
import type { Run } from './run.ts';
import type { AppStore } from './state.ts';

type Asking = Extract<Command, { id: number }>;
type Question = Asking extends infer One ? (One extends Asking ? Omit<One, 'id'> : never) : never;

const stale: ReadonlySet<EngineEvent['type']> = new Set([
  'state',
  'metrics',
  'evaluation',
  'pictures',
  'setting',
  'replicate',
  'checkpoint',
]);

export class Conversation {
  readonly source: 'recording' | 'live';
  readonly #store: AppStore;
  readonly #engine: Engine;
  #runId: string | null = null;
  #loading: { resolve: () => void; reject: (reason: unknown) => void } | null = null;
  #gate: (() => void) | null = null;
  #replies = new Map<number, (reply: Reply) => void>();
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

  /** Resolves when the engine has said what it runs on. */
  open(assets: string): Promise<void> {
    return new Promise((resolve) => {
      this.#gate = resolve;
      this.send({ type: 'open', assets, executor: 'auto' });
    });
  }

  /** Resolves at `ready`; rejects at an error before it. */
  load(run: Run, command: Extract<Command, { type: 'load' }>): Promise<void> {
    this.#loading?.reject(new Error('another run was loaded'));
    this.#runId = run.id;
    return new Promise((resolve, reject) => {
      this.#loading = { resolve, reject };
      this.send(command);
    });
  }

  /** From now on the engine's events are this run's: for a rewind, which keeps the old run's log as it is. */
  follow(runId: string): void {
    this.#runId = runId;
  }

  ask(question: Question): Promise<Reply> {
    this.#serial += 1;
    const id = this.#serial;
    return new Promise((resolve) => {
      this.#replies.set(id, resolve);
      this.send({ ...question, id });
    });
  }

  close(): void {
    this.#closed = true;
    this.#loading?.reject(new Error('the engine was closed'));
    this.#loading = null;
    this.#engine.close();
  }

  #hear(event: EngineEvent): void {
    if (this.#closed) return;
    if (this.#loading !== null && stale.has(event.type)) return;
    const loading = this.#loading;
    if (event.type === 'ready' || event.type === 'error') this.#loading = null;
    receive(this.#store, this.#runId, event);
    if (event.type === 'ready') loading?.resolve();
    if (event.type === 'error') loading?.reject(new Error(event.detail.code));
    if (event.type === 'error' && event.detail.code === 'engine-stopped') this.#closed = true;
    if (event.type === 'gate') this.#gate?.();
    if (event.type === 'reply') this.#answer(event.id, event.reply);
  }

  #answer(id: number, reply: Reply): void {
    this.#replies.get(id)?.(reply);
    this.#replies.delete(id);
  }
}
