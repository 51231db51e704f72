/**
 * A teacher on the CPU in a worker of its own. A run past its deadline ends that worker and nothing else: even a model
 * that never returns cannot hold the engine up.
 */
import { type ErrorDetail, StillroomError } from '../../spec/errors.ts';
import type { RowAnswers, RowTeacher } from '../rowTeacher.ts';
import { openingMs } from './opening.ts';
import { withDeadline } from './runtime.ts';
import type { TeacherInfo, TeacherRequest } from './session.ts';

export type TeacherQuestion =
  | { readonly kind: 'open'; readonly request: TeacherRequest }
  | { readonly kind: 'answer'; readonly inputs: Float32Array<ArrayBuffer>; readonly n: number };

export type TeacherAnswer =
  | { readonly kind: 'opened'; readonly info: TeacherInfo; readonly classes: number; readonly batch: number }
  | { readonly kind: 'answered'; readonly answers: RowAnswers }
  | { readonly kind: 'failed'; readonly detail: ErrorDetail };

export interface WasmClient extends RowTeacher {
  readonly info: TeacherInfo;
}

/** Errors: those of `openWasmTeacher`; `teacher-deadline` ends the worker. */
export async function openWasmClient(request: TeacherRequest): Promise<WasmClient> {
  const worker = new Worker(new URL('../../workers/wasmTeacher.ts', import.meta.url), {
    type: 'module',
    name: 'teacher',
  });
  const line = new Line(worker);
  const opened = await line.ask({ kind: 'open', request }, openingMs + request.deadlineMs);
  if (opened.kind !== 'opened') throw new RangeError(`the teacher's worker said ${opened.kind}`);
  const { info, classes, batch } = opened;
  return {
    info,
    classes,
    batch,
    async answer(inputs, n) {
      // A model whose batch is fixed is run several times for one answer.
      const runs = Math.ceil(n / (info.fixedBatch ?? n));
      const answer = await line.ask({ kind: 'answer', inputs, n }, runs * request.deadlineMs);
      if (answer.kind !== 'answered') throw new RangeError(`the teacher's worker said ${answer.kind}`);
      return answer.answers;
    },
    dispose: () => worker.terminate(),
  };
}

/** One question at a time, each with its deadline. */
class Line {
  readonly #worker: Worker;
  #last: Promise<unknown> = Promise.resolve();
  #ended: StillroomError | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  ask(question: TeacherQuestion, deadlineMs: number): Promise<TeacherAnswer> {
    const mine = this.#last.then(() => this.#send(question, deadlineMs));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #send(question: TeacherQuestion, deadlineMs: number): Promise<TeacherAnswer> {
    if (this.#ended !== null) throw this.#ended;
    const heard = new Promise<TeacherAnswer>((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<TeacherAnswer>) => resolve(data);
      this.#worker.onerror = (event) => reject(workerFailed(event.message));
    });
    this.#worker.postMessage(question);
    try {
      const answer = await withDeadline(heard, deadlineMs);
      if (answer.kind === 'failed') throw new StillroomError(answer.detail);
      return answer;
    } catch (error) {
      // After a failure a session may answer with old errors, and after a deadline not at all.
      this.#worker.terminate();
      this.#ended = error instanceof StillroomError ? error : workerFailed(String(error));
      throw this.#ended;
    }
  }
}

function workerFailed(got: string): StillroomError {
  return new StillroomError({
    code: 'teacher-worker',
    problem: "The teacher's worker failed",
    got,
    remedy: 'Use the recorded answers, or another teacher',
    control: 'teacher.file',
  });
}
