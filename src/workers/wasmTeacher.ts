/** The teacher's worker: a CPU session blocks its thread, so it has this one, which is ended alone at a deadline. */
import '../trustedTypes.ts';
import { detailOf } from '../spec/errors.ts';
import { openWasmTeacher, type WasmTeacher } from '../teachers/onnx/wasmSession.ts';
import type { TeacherAnswer, TeacherQuestion } from '../teachers/onnx/wasmTeacherClient.ts';

let teacher: WasmTeacher | null = null;

addEventListener('message', ({ data }: MessageEvent<TeacherQuestion>) => {
  void answer(data)
    .catch((error: unknown): TeacherAnswer => ({ kind: 'failed', detail: detailOf(error) }))
    .then((reply) => postMessage(reply));
});

async function answer(question: TeacherQuestion): Promise<TeacherAnswer> {
  if (question.kind === 'open') {
    teacher = await openWasmTeacher(question.request);
    const { info, classes, batch } = teacher;
    return { kind: 'opened', info, classes, batch };
  }
  if (teacher === null) throw new RangeError('no teacher is open');
  return { kind: 'answered', answers: await teacher.answer(question.inputs, question.n) };
}
