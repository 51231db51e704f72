/**
 * Loads onnxruntime-web when a model is first opened, and keeps its rule: one call at a time in a thread. Two that
 * overlap freeze the tab. It opens no model itself.
 */
import type * as Runtime from 'onnxruntime-web';
import { StillroomError } from '../../spec/errors.ts';

export type Ort = typeof Runtime;
/** `cpu` is the smaller build; `gpu` runs on WebGPU. One thread loads one of them. */
export type Build = 'cpu' | 'gpu';
/** Bytes of the runtime so far, of a total that is 0 where the server does not tell. */
export type LoadProgress = (done: number, total: number) => void;

let loading: { readonly build: Build; readonly ort: Promise<Ort> } | null = null;

/** The runtime of this thread. Errors: `onnx-runtime-missing`; RangeError where the other build is loaded. */
export async function loadRuntime(build: Build, progress?: LoadProgress): Promise<Ort> {
  if (loading !== null && loading.build !== build)
    throw new RangeError(`this thread has the ${loading.build} build`);
  loading ??= { build, ort: load(build, progress) };
  try {
    return await loading.ort;
  } catch (cause) {
    // A second try may find the network again.
    loading = null;
    throw new StillroomError(
      {
        code: 'onnx-runtime-missing',
        problem: 'The ONNX runtime could not be loaded',
        got: messageOf(cause),
        remedy: 'Check the connection and try again; recorded answers need no runtime',
      },
      { cause },
    );
  }
}

async function load(build: Build, progress?: LoadProgress): Promise<Ort> {
  // In Node the package finds its own files; the branch that a build does not need is dropped from it.
  const ort = import.meta.env.SSR ? await import('onnxruntime-web') : await fromBrowser(build, progress);
  // More threads need cross-origin isolation, which a page inside another page does not have.
  ort.env.wasm.numThreads = 1;
  // Warnings about nodes that stay on the CPU are no news to a user; errors come as exceptions.
  ort.env.logLevel = 'error';
  return ort;
}

async function fromBrowser(build: Build, progress?: LoadProgress): Promise<Ort> {
  const { loadBrowserRuntime } = await import('./browserRuntime.ts');
  return loadBrowserRuntime(build, progress);
}

let queue: Promise<unknown> = Promise.resolve();
let stuck = false;

/**
 * Runs `work` when every call before it has settled. A call past its deadline never settles, so from then on this
 * thread's runtime is of no use and every call is refused. Errors: `teacher-deadline`, `onnx-runtime-stuck`, the work's.
 */
export function exclusive<T>(work: () => Promise<T>, deadlineMs: number): Promise<T> {
  const mine = queue.then(() => {
    if (stuck) throw runtimeStuck();
    return withDeadline(work(), deadlineMs, () => {
      stuck = true;
    });
  });
  queue = mine.catch(() => undefined);
  return mine;
}

/** Rejects with `teacher-deadline` where `work` is not done after so many milliseconds. */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number, onLate?: () => void): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onLate?.();
      reject(tooLate(deadlineMs));
    }, deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function tooLate(deadlineMs: number): StillroomError {
  return new StillroomError({
    code: 'teacher-deadline',
    problem: 'The teacher did not answer in time and was stopped',
    got: `no answer after ${Math.round(deadlineMs / 100) / 10} s`,
    remedy: 'Choose a smaller batch or a smaller teacher',
    control: 'training.batch',
  });
}

function runtimeStuck(): StillroomError {
  return new StillroomError({
    code: 'onnx-runtime-stuck',
    problem: 'The ONNX runtime is still busy with a call that was given up',
    remedy: 'Reload the page to use a live teacher on the GPU again',
  });
}

/** The first line of whatever was thrown, short enough to show. */
export function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return (text.split('\n')[0] ?? '').slice(0, 300);
}
