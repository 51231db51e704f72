/**
 * A worker of the page as the host of runs: files by fetch, WebGPU or the reference, ONNX teachers on the engine's own
 * device or in a worker of their own, checkpoints in the origin's private files.
 */
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { openDevice } from '../gpu/device.ts';
import { GpuExecutor } from '../gpu/gpuExecutor.ts';
import { shaderText } from '../gpu/shaderLibrary.ts';
import type { ExecutorChoice, GivenFile } from '../protocol/commands.ts';
import { detailOf, type ErrorDetail, StillroomError } from '../spec/errors.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { inspectFile } from '../teachers/onnx/inspect.ts';
import type { TeacherRequest } from '../teachers/onnx/session.ts';
import { openWasmClient } from '../teachers/onnx/wasmTeacherClient.ts';
import { samplesAtOnce } from '../teachers/rowTeacher.ts';
import type { Executor } from '../tensor/executor.ts';
import { aloneOfTabs, openOpfs } from '../training/checkpoints/opfsFiles.ts';
import { RunStores } from '../training/checkpoints/runStores.ts';
import { MemoryFiles } from '../training/checkpoints/store.ts';
import type { EngineHost } from '../training/engineHost.ts';
import { inspectFiles, sortFiles } from '../training/inspectFiles.ts';
import { KeptAnswers } from '../training/keptAnswers.ts';
import { ownText } from '../training/ownText.ts';
import type { TeacherModel } from '../training/prepare.ts';
import { runData } from '../training/runData.ts';
import { BrowserHub } from './browserHub.ts';
import { openLiveTeacher } from './liveTeacher.ts';

/** Seconds for one run of a teacher, where the page names no other. */
const teacherSeconds = 20;
/** Samples in one run where a pack is filled. */
const packBatch = 64;

export async function browserHost(): Promise<EngineHost> {
  let base = '';
  let deadlineMs = 1000 * teacherSeconds;
  const files = await openOpfs();
  const hub = new BrowserHub();
  const asset: EngineHost['asset'] = (path, progress) => download(new URL(path, base), path, progress);
  const requestOf = ({ bytes, ...model }: TeacherModel, batch: number): TeacherRequest => ({
    ...{ model: bytes, ...model, batch, deadlineMs },
  });
  const openRows = (model: TeacherModel) => openWasmClient(requestOf(model, samplesAtOnce(model, packBatch)));
  return {
    runs:
      files === null
        ? new RunStores(new MemoryFiles())
        : new RunStores(files, undefined, undefined, aloneOfTabs),
    versions: { stillroom: import.meta.env.VITE_VERSION ?? 'unknown' },
    surround(by) {
      base = by.assets;
      hub.origin = by.hub ?? null;
      deadlineMs = 1000 * (by.teacherSeconds ?? teacherSeconds);
    },
    hub,
    asset,
    openExecutor,
    openRows,
    kept: new KeptAnswers(files),
    async identify(model, external) {
      const { parameters, bytes, sha256 } = await inspectFile(model, external);
      return { title: model.name, parameters, bytes, sha256, trainedOn: null };
    },
    data: async (spec, seed, files) => runData(spec, seed, { asset }, await ownData(spec, files)),
    inspect: inspectFiles,
    openLive: (model, race, member) =>
      openLiveTeacher(requestOf(model, race.trainer.spec.training.batch), race, member),
  };
}

/** WebGPU, or the reference with the reason why. */
async function openExecutor(
  choice: ExecutorChoice,
): Promise<{ executor: Executor; missing: ErrorDetail | null }> {
  if (choice === 'reference') return { executor: new ReferenceExecutor('float32'), missing: null };
  try {
    return { executor: new GpuExecutor(await openDevice(navigator.gpu), shaderText), missing: null };
  } catch (error) {
    return { executor: new ReferenceExecutor('float32'), missing: detailOf(error) };
  }
}

function ownData({ data }: RunSpec, files: readonly GivenFile[]) {
  if (data.task === 'text') return ownText(files, data);
  return data.task === 'file' ? sortFiles(files).data.data : undefined;
}

async function download(
  url: URL,
  path: string,
  progress?: (done: number, total: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw missing(path, 'no answer', cause);
  });
  if (!response.ok || response.body === null) throw missing(path, `${response.status}`);
  // Some hosts send their first page in place of a file that they do not have.
  if (response.headers.get('content-type')?.startsWith('text/html') === true)
    throw missing(path, 'a page in its place');
  const total = Number(response.headers.get('content-length') ?? 0);
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { value, done: ended } = await reader.read().catch((cause: unknown) => {
      throw missing(path, `${done} of ${total} bytes`, cause);
    });
    if (ended) break;
    parts.push(value);
    done += value.length;
    progress?.(done, Math.max(done, total));
  }
  const whole = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function missing(path: string, got: string, cause?: unknown): StillroomError {
  return new StillroomError(
    {
      code: 'asset-missing',
      problem: `The file ${path} could not be loaded`,
      got,
      remedy: 'Check the connection and try again, or watch the recorded run',
    },
    cause === undefined ? undefined : { cause },
  );
}
