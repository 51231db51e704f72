/**
 * A teacher on the CPU as the engine sees it: the same answers as a session, from a worker that can be ended alone when
 * it does not answer in time. It needs a host with workers; Node opens a session directly.
 */
import { StillroomError } from '../../spec/errors.ts';
import type { NextToken, RowAnswers } from '../rowTeacher.ts';
import { type LoadProgress, tooLate } from './runtime.ts';
import type { TeacherInfo, TeacherRequest } from './session.ts';
import type { WasmTeacher } from './wasmSession.ts';
import type { TeacherCommand, TeacherReply } from './wasmTeacherService.ts';

/** What is used of a Worker. */
export interface TeacherWorker {
  postMessage(command: TeacherCommand, transfer: ArrayBuffer[]): void;
  terminate(): void;
  onmessage: ((event: { readonly data: TeacherReply }) => void) | null;
  onerror: ((event: { readonly message: string }) => void) | null;
}

/** Reading and optimising a model: at the least this many ms, and bytes in a ms beyond. */
const reading = { atLeast: 5_000, bytesPerMs: 10_000 } as const;

/**
 * Opens the model in a worker. Errors: those of `openWasmTeacher`; `teacher-deadline` ends the worker, and every later
 * answer is refused with it.
 */
export async function openWasmClient(
  request: TeacherRequest,
  progress?: LoadProgress,
  start: () => TeacherWorker = startWorker,
): Promise<WasmTeacher> {
  const conversation = new Conversation(start(), progress);
  const bytes = request.external.reduce((sum, file) => sum + file.bytes.length, request.model.length);
  // Two trial runs; the loading of the runtime is the network's affair and has no deadline.
  const openingMs = reading.atLeast + bytes / reading.bytesPerMs + 2 * request.deadlineMs;
  const opened = await conversation.ask({ type: 'open', request }, [], request.deadlineMs, openingMs);
  if (opened.type !== 'opened') throw unexpected(opened);
  return new Client(conversation, request.deadlineMs, opened.info, opened.batch);
}

function startWorker(): TeacherWorker {
  // Vite finds the worker's file by this very form.
  const worker = new Worker(new URL('../../workers/wasmTeacher.ts', import.meta.url), { type: 'module' });
  // The two are built together, so that its messages are replies.
  return worker as TeacherWorker;
}

class Client implements WasmTeacher {
  readonly info: TeacherInfo;
  readonly batch: number;
  readonly #conversation: Conversation;
  readonly #deadlineMs: number;

  constructor(conversation: Conversation, deadlineMs: number, info: TeacherInfo, batch: number) {
    this.#conversation = conversation;
    this.#deadlineMs = deadlineMs;
    this.info = info;
    this.batch = batch;
  }

  get classes(): number {
    return this.info.classes;
  }

  async answer(inputs: Float32Array<ArrayBuffer>, n: number): Promise<RowAnswers> {
    const runs = Math.max(1, Math.ceil(n / this.batch));
    const copy = inputs.slice();
    const command: TeacherCommand = { type: 'answer', inputs: copy, n };
    const reply = await this.#conversation.ask(
      command,
      [copy.buffer],
      this.#deadlineMs,
      runs * this.#deadlineMs,
    );
    if (reply.type !== 'answers') throw unexpected(reply);
    return reply.answers;
  }

  get next(): NextToken | undefined {
    return this.info.readsOn ? (tokens, known) => this.#next(tokens, known) : undefined;
  }

  dispose(): void {
    this.#conversation.end(new RangeError('the teacher was disposed of'));
  }

  async #next(tokens: Uint32Array<ArrayBuffer>, known: number): Promise<Float32Array> {
    const deadlineMs = this.#deadlineMs;
    const reply = await this.#conversation.ask({ type: 'next', tokens, known }, [], deadlineMs, deadlineMs);
    if (reply.type !== 'logits') throw unexpected(reply);
    return reply.logits;
  }
}

interface Question {
  resolve(reply: TeacherReply): void;
  reject(error: Error): void;
}

/** One question at a time; the worker is ended by the first that is late, or by an error of its own. */
class Conversation {
  readonly #worker: TeacherWorker;
  #question: Question | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #over: Error | null = null;
  #startTimer: (() => void) | null = null;

  constructor(worker: TeacherWorker, progress?: LoadProgress) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      if (data.type === 'progress') progress?.(data.done, data.total);
      else if (data.type === 'loaded') this.#startTimer?.();
      else this.#settle(data);
    };
    worker.onerror = ({ message }) => this.end(workerFailed(message));
  }

  /** `deadlineMs` is what a late answer is told; `allowedMs` is waited. */
  ask(
    command: TeacherCommand,
    transfer: ArrayBuffer[],
    deadlineMs: number,
    allowedMs: number,
  ): Promise<TeacherReply> {
    const mine = this.#queue.then(() => this.#askNow(command, transfer, deadlineMs, allowedMs));
    this.#queue = mine.catch(() => undefined);
    return mine;
  }

  /** Ends the worker; what waits and what comes is refused with this error. */
  end(error: Error): void {
    this.#over ??= error;
    this.#worker.terminate();
    this.#question?.reject(this.#over);
    this.#question = null;
  }

  async #askNow(
    command: TeacherCommand,
    transfer: ArrayBuffer[],
    deadlineMs: number,
    allowedMs: number,
  ): Promise<TeacherReply> {
    if (this.#over !== null) throw this.#over;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const startTimer = () => {
      timer = setTimeout(() => this.end(tooLate(deadlineMs)), allowedMs);
    };
    if (command.type === 'open') this.#startTimer = startTimer;
    else startTimer();
    try {
      return await new Promise<TeacherReply>((resolve, reject) => {
        this.#question = { resolve, reject };
        this.#worker.postMessage(command, transfer);
      });
    } catch (error) {
      // A model that did not open leaves nothing to talk to.
      if (command.type === 'open' && error instanceof Error) this.end(error);
      throw error;
    } finally {
      clearTimeout(timer);
      this.#startTimer = null;
    }
  }

  #settle(reply: TeacherReply): void {
    const question = this.#question;
    this.#question = null;
    if (reply.type === 'failed') question?.reject(new StillroomError(reply.detail));
    else question?.resolve(reply);
  }
}

function workerFailed(message: string): StillroomError {
  return new StillroomError({
    code: 'teacher-worker',
    problem: "The teacher's worker ended by itself",
    got: message === '' ? 'no reason' : message,
    remedy: 'Choose a smaller teacher or a smaller batch; it may have run out of memory',
    control: 'training.batch',
  });
}

function unexpected(reply: TeacherReply): RangeError {
  return new RangeError(`the teacher's worker said ${reply.type}`);
}
