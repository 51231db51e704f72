/**
 * Node as the host of runs: files of the app from its folder, ONNX teachers on the CPU, Dawn or the reference for
 * everything else. What a worker does in a page.
 */
import { readFileSync } from 'node:fs';
import { StillroomError } from '../spec/errors.ts';
import { inspectFile } from '../teachers/onnx/inspect.ts';
import { openWasmTeacher } from '../teachers/onnx/wasmSession.ts';
import type { EngineHost } from '../training/engineHost.ts';
import type { TeacherHost, TeacherModel } from '../training/prepare.ts';
import { rowsTeacher } from '../training/rowsTeacher.ts';

/** Samples in one run of a teacher, and how long that may take. */
export const teacherRun = { batch: 128, deadlineMs: 120_000 } as const;

/** `folder`: where the app's public files lie. */
export function nodeHost(folder = 'public'): TeacherHost & Pick<EngineHost, 'openLive'> {
  return {
    asset(path) {
      try {
        return Promise.resolve(new Uint8Array(readFileSync(`${folder}/${path}`)));
      } catch (cause) {
        const error = new StillroomError(
          {
            code: 'asset-missing',
            problem: `The file ${path} is not there`,
            remedy: 'Run npm run teachers first',
          },
          { cause },
        );
        return Promise.reject(error);
      }
    },
    openRows: (model) => openWasmTeacher(requestOf(model)),
    async openLive(model, { prepared, executor }, member) {
      const teacher = await openWasmTeacher(requestOf(model));
      return {
        ...rowsTeacher(teacher, prepared.dataset, executor, member),
        provider: { name: 'wasm', reason: 'there is no other here' },
        milliseconds: teacher.info.milliseconds,
        dispose: () => teacher.dispose(),
      };
    },
    async identify(model, external) {
      const { parameters, bytes, sha256 } = await inspectFile(model, external);
      return { title: model.name, parameters, bytes, sha256, trainedOn: null };
    },
  };
}

/** Logits of one run of a language model, unless one text has more. */
const mostLogits = 2 ** 24;

/** What an ONNX session is asked for on behalf of a run. */
export function requestOf({ bytes, ...model }: TeacherModel): Parameters<typeof openWasmTeacher>[0] {
  const fitting = Math.max(1, Math.floor(mostLogits / (model.positions * model.classes)));
  return { model: bytes, ...model, ...teacherRun, batch: Math.min(teacherRun.batch, fitting) };
}
