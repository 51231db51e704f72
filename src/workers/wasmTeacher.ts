/** The worker of a teacher on the CPU, which blocks it while it answers and is ended with it. Nothing else lives here. */
import { type TeacherCommand, teacherService } from '../teachers/onnx/wasmTeacherService.ts';

const handle = teacherService((reply, transfer) => postMessage(reply, { transfer }));
// The engine is the only sender, and both sides are built together.
addEventListener('message', (event: MessageEvent<TeacherCommand>) => void handle(event.data));
