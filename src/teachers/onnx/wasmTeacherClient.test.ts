import { expect, test } from 'vitest';
import { languageModel } from '../../../e2e/languageModels.ts';
import { imageSet, nanModel, slowModel, teacherModel } from '../../../e2e/models.ts';
import { StillroomError } from '../../spec/errors.ts';
import type { TeacherRequest } from './session.ts';
import { openWasmTeacher } from './wasmSession.ts';
import { openWasmClient, type TeacherWorker } from './wasmTeacherClient.ts';
import { type TeacherReply, teacherService } from './wasmTeacherService.ts';

interface FakeWorker extends TeacherWorker {
  ended: number;
}

/** The real service in this very thread, with messages copied as a worker would. `drop` is never delivered. */
function workerHere(drop: (reply: TeacherReply) => boolean = () => false): FakeWorker {
  const worker: FakeWorker = {
    ended: 0,
    ...{ onmessage: null, onerror: null },
    postMessage(command, transfer) {
      const copy = structuredClone(command, { transfer });
      queueMicrotask(() => void handle(copy));
    },
    terminate() {
      worker.ended += 1;
    },
  };
  const handle = teacherService((reply, transfer) => {
    const data = structuredClone(reply, { transfer });
    if (worker.ended === 0 && !drop(reply)) worker.onmessage?.({ data });
  });
  return worker;
}

function request(model: Uint8Array<ArrayBuffer>, changes: Partial<TeacherRequest> = {}): TeacherRequest {
  return {
    ...{ model, external: [], input: 'input', logits: 'logits', taps: [], maps: 'pool' },
    ...{ inputShape: [1, 28, 28], inputDtype: 'f32', classes: 10, batch: 8, deadlineMs: 10_000 },
    ...changes,
  };
}

const samples = (n: number) => Float32Array.from(imageSet({ n }).images.subarray(16), (pixel) => pixel / 255);

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return error instanceof StillroomError ? error.code : String(error);
  }
}

test('answers through a worker are those of the session itself', async () => {
  const model = teacherModel({ hidden: 16 });
  const wanted = request(model, { taps: ['relu_2'] });
  const direct = await openWasmTeacher(wanted);
  const client = await openWasmClient(wanted, undefined, workerHere);
  expect({ ...client.info, milliseconds: 0 }).toEqual({ ...direct.info, milliseconds: 0 });
  expect(client.batch).toBe(8);
  const inputs = samples(21);
  expect(await client.answer(inputs, 21)).toEqual(await direct.answer(inputs, 21));
  expect(inputs).toHaveLength(21 * 784);
  expect(model.length).toBeGreaterThan(0);
});

test('an error of the model comes back with its code, and ends a worker that has nothing to do', async () => {
  const worker = workerHere();
  const opening = openWasmClient(request(teacherModel(), { classes: 3 }), undefined, () => worker);
  expect(await codeOf(opening)).toBe('teacher-shape');
  expect(worker.ended).toBe(1);
});

test('an error of one batch leaves the worker alive', async () => {
  const worker = workerHere();
  const client = await openWasmClient(request(nanModel()), undefined, () => worker);
  expect(await codeOf(client.answer(samples(2), 2))).toBe('teacher-nan');
  expect(await codeOf(client.answer(samples(2), 2))).toBe('teacher-nan');
  expect(worker.ended).toBe(0);
});

test('a worker that does not answer in time is ended, and the teacher stays refused', async () => {
  const worker = workerHere((reply) => reply.type === 'answers');
  const client = await openWasmClient(request(teacherModel(), { deadlineMs: 60 }), undefined, () => worker);
  expect(await codeOf(client.answer(samples(2), 2))).toBe('teacher-deadline');
  expect(worker.ended).toBe(1);
  expect(await codeOf(client.answer(samples(2), 2))).toBe('teacher-deadline');
});

test('a model that is too slow to open is refused by the deadline too', async () => {
  const slow = request(slowModel(20_000), { logits: 'slow_logits', deadlineMs: 1 });
  expect(await codeOf(openWasmClient(slow, undefined, workerHere))).toBe('teacher-deadline');
});

test('a worker that breaks down is told apart from one that is slow', async () => {
  const worker = workerHere((reply) => reply.type === 'answers');
  const client = await openWasmClient(request(teacherModel()), undefined, () => worker);
  const waiting = codeOf(client.answer(samples(2), 2));
  setTimeout(() => worker.onerror?.({ message: 'out of memory' }), 20);
  expect(await waiting).toBe('teacher-worker');
});

test('questions asked at once are answered in turn', async () => {
  const client = await openWasmClient(request(teacherModel()), undefined, workerHere);
  const [many, few] = await Promise.all([client.answer(samples(20), 20), client.answer(samples(3), 3)]);
  expect(many.logits).toHaveLength(200);
  expect(few.logits).toEqual(many.logits.slice(0, 30));
});

test('a teacher that was disposed of ends its worker', async () => {
  const worker = workerHere();
  const client = await openWasmClient(request(teacherModel()), undefined, () => worker);
  client.dispose();
  expect(worker.ended).toBe(1);
  await expect(client.answer(samples(1), 1)).rejects.toThrow(/disposed/);
});

test('a text is read on through a worker, which keeps what it has read', async () => {
  const model = languageModel({ vocabulary: 32 });
  const wanted = request(model, {
    ...{ input: 'input_ids', inputShape: [4], inputDtype: 'u32', classes: 32, batch: 1 },
  });
  const client = await openWasmClient(wanted, undefined, workerHere);
  const { logits } = await client.answer(Uint32Array.of(3, 5, 8, 1), 1);
  await client.next?.(Uint32Array.of(3, 5), 0);
  const found = (await client.next?.(Uint32Array.of(8), 2)) ?? new Float32Array();
  found.forEach((logit, i) => {
    expect(logit).toBeCloseTo(logits[2 * 32 + i] ?? Number.NaN, 4);
  });
  client.dispose();
  const classifier = await openWasmClient(request(teacherModel({ hidden: 16 })), undefined, workerHere);
  expect(classifier.next).toBeUndefined();
  classifier.dispose();
});
