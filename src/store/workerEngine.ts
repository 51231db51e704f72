/**
 * The engine in its worker, with a heartbeat: one that is silent for too long is ended, and the page hears of it. It
 * keeps no run; whoever listens loads it again from its checkpoint.
 */
import type { Command } from '../protocol/commands.ts';
import type { Engine, Listener } from '../protocol/engine.ts';
import type { EngineEvent } from '../protocol/events.ts';

const beatEvery = 2_000;
/** Longer than any single submit of a software adapter; while a run is prepared there is no limit. */
const silenceLimit = 30_000;
/** Heartbeats have ids of their own, below all questions. */
const beatId = -1;

export class WorkerEngine implements Engine {
  readonly #worker: Worker;
  readonly #listener: Listener;
  readonly #timer: ReturnType<typeof setInterval>;
  #heard = performance.now();
  #preparing = false;
  #begun = false;
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
    // Compiling and downloading may keep the engine from answering for as long as they take.
    if (command.type === 'load' || command.type === 'live-teacher' || command.type === 'open')
      this.#preparing = true;
    this.#worker.postMessage(command);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#worker.terminate();
  }

  #hear(event: EngineEvent): void {
    this.#heard = performance.now();
    this.#begun = true;
    if (event.type === 'ready' || event.type === 'error' || event.type === 'teacher' || event.type === 'gate')
      this.#preparing = false;
    if (event.type === 'reply' && event.id === beatId) return;
    this.#listener(event);
  }

  #beat(): void {
    if (!this.#preparing && performance.now() - this.#heard > silenceLimit)
      return this.#fail('no sign of life');
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
