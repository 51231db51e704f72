/**
 * The conversation between a teacher on the CPU in a worker of its own and whoever asks it, and the worker's side of
 * it. One worker has one teacher. The other side, with the deadline, is wasmTeacherClient.ts.
 */
import { detailOf, type ErrorDetail } from '../../spec/errors.ts';
import type { RowAnswers } from '../rowTeacher.ts';
import { loadRuntime } from './runtime.ts';
import type { TeacherInfo, TeacherRequest } from './session.ts';
import { openWasmTeacher, type WasmTeacher } from './wasmSession.ts';

export type TeacherCommand =
  | { readonly type: 'open'; readonly request: TeacherRequest }
  | { readonly type: 'answer'; readonly inputs: Float32Array<ArrayBuffer>; readonly n: number }
  | { readonly type: 'next'; readonly tokens: Uint32Array<ArrayBuffer>; readonly known: number };

/** Every command is answered by one `opened`, `answers`, `logits` or `failed`, in order. */
export type TeacherReply =
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  /** The runtime is here; the model is opened from now on. */
  | { readonly type: 'loaded' }
  | { readonly type: 'opened'; readonly info: TeacherInfo; readonly batch: number }
  | { readonly type: 'answers'; readonly answers: RowAnswers }
  | { readonly type: 'logits'; readonly logits: Float32Array }
  | { readonly type: 'failed'; readonly detail: ErrorDetail };

export type SendReply = (reply: TeacherReply, transfer: ArrayBuffer[]) => void;

/** Returns what handles a command. */
export function teacherService(send: SendReply): (command: TeacherCommand) => Promise<void> {
  let teacher: WasmTeacher | null = null;
  const handle = async (command: TeacherCommand): Promise<void> => {
    switch (command.type) {
      case 'open': {
        await loadRuntime('cpu', (done, total) => send({ type: 'progress', done, total }, []));
        send({ type: 'loaded' }, []);
        teacher = await openWasmTeacher(command.request);
        send({ type: 'opened', info: teacher.info, batch: teacher.batch }, []);
        return;
      }
      case 'answer': {
        if (teacher === null) throw new RangeError('the teacher is not open');
        const answers = await teacher.answer(command.inputs, command.n);
        const buffers = [answers.logits, ...answers.hidden.map(({ values }) => values)].map(
          ({ buffer }) => buffer,
        );
        send({ type: 'answers', answers }, buffers);
        return;
      }
      case 'next': {
        if (teacher?.next === undefined) throw new RangeError('the teacher reads no text on');
        send({ type: 'logits', logits: await teacher.next(command.tokens, command.known) }, []);
        return;
      }
    }
  };
  return (command) => handle(command).catch((error) => send({ type: 'failed', detail: detailOf(error) }, []));
}
