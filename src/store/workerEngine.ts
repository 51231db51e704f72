/**
 * The engine in its worker, with a heartbeat: one that is silent for too long is ended, and the page hears of it. It
 * keeps no run; whoever listens loads it again from its checkpoint.
 */
import type { Command } from '../protocol/commands.ts';
import type { Engine, Listener } from '../protocol/engine.ts';
import type { EngineEvent } from '../protocol/events.ts';

const beatEvery = 2_000;
/**
 * Beats without an answer: half a minute, longer than any single submit of a software adapter; while a run is prepared there
 * is no limit. They are counted, not timed, since a page in the background beats seldom, and one that sleeps not at all.
 */
const mostSilent = 15;
/** Heartbeats have ids of their own, below all questions. */
const beatId = -1;

/** What keeps the engine from answering for as long as it takes. */
const preparing: ReadonlySet<string> = new Set(['open', 'load', 'live-teacher']);

export class WorkerEngine implements Engine {
  readonly #worker: Worker;
  readonly #listener: Listener;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Beats since the engine was last heard. */
  #silent = 0;
  #preparing = false;
  #begun = false;
  /** The run that is loaded is ready before its teacher, which is opened then. */
  #teacherFollows = false;
  #closed = false;

  constructor(listener: Listener) {
    this.#listener = listener;
    this.#worker = new Worker(new URL('../workers/engine.ts', import.meta.url), {
      type: 'module',
      name: 'engine',
    });
    this.#worker.onmessage = ({ data }: MessageEvent<EngineEvent>) => this.#hear(data);
    this.#worker.onerror = (event) => this.#fail(event.message);
    this.#timer = setInterval(() => this.#beat(), beatEvery);
  }

  send(command: Command): void {
    if (this.#closed) return;
    if (preparing.has(command.type)) this.#preparing = true;
    if (command.type === 'load') {
      const { source, delivery } = command.spec.teacher;
      this.#teacherFollows = delivery === 'live' && source !== 'none' && source !== 'average';
    }
    this.#worker.postMessage(command);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#worker.terminate();
  }

  #hear(event: EngineEvent): void {
    this.#silent = 0;
    this.#begun = true;
    if (event.type === 'ready') this.#preparing = this.#teacherFollows;
    const prepared = event.type === 'error' && preparing.has(event.of ?? 'load');
    if (prepared || event.type === 'teacher' || event.type === 'gate') this.#preparing = false;
    if (event.type === 'reply' && event.id === beatId) return;
    this.#listener(event);
  }

  #beat(): void {
    if (!this.#preparing && this.#silent >= mostSilent) return this.#fail('no sign of life');
    this.#silent += 1;
    this.#worker.postMessage({ type: 'ping', id: beatId } satisfies Command);
  }

  #fail(got: string): void {
    if (this.#closed) return;
    this.close();
    // Of one that never said anything the script did not load, or not whole.
    const words = this.#begun
      ? { problem: 'The engine stopped', remedy: 'Press Play: the run goes on from its last checkpoint' }
      : {
          problem: 'The engine did not load',
          remedy: 'Check the connection and run it live again; if that does not help, reload the page',
        };
    this.#listener({ type: 'error', detail: { code: 'engine-stopped', got, ...words } });
  }
}
