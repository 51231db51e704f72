/**
 * What the page asks of the engine, as plain data for postMessage. Every command may be refused with an `error`
 * event; those with an `id` are answered by exactly one `reply` of that id.
 */
import type { RunSpec } from '../spec/runSpec.ts';
import type { CheckedLoss } from './checks.ts';
import type { HubModel } from './hub.ts';
import type { ScalingsCommand } from './scalings.ts';
import type { StoredRunsCommand } from './storedRuns.ts';
import type { SweepCommand } from './sweep.ts';

/** A file of the user's, already read. */
export interface GivenFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type ExecutorChoice = 'auto' | 'reference';

/** Which file of a run is wanted. `metrics` is CSV, `receipt` is JSON. */
export type Export =
  | 'onnx'
  | 'onnx_cache'
  | 'onnx_average'
  | 'safetensors'
  | 'metrics'
  | 'receipt'
  | 'answers';

/** Files that such a run can leave as. Only attention has keys and values to keep, and only where it teaches is there an averaged copy. */
export function exportsOf({ student, teacher }: Pick<RunSpec, 'student' | 'teacher'>): readonly Export[] {
  const average = teacher.source === 'average' ? (['onnx_average'] as const) : [];
  const cached = student.kind === 'transformer' ? (['onnx_cache'] as const) : [];
  return ['onnx', ...cached, ...average, 'safetensors', 'metrics', 'receipt'];
}

export type Command =
  /** Looks for an adapter; answered by a `gate` event. Nothing is compiled or downloaded. */
  | {
      readonly type: 'open';
      readonly assets: string;
      readonly executor: ExecutorChoice;
      /** Origin of the hub that models come from; absent where none is reached. */
      readonly hub?: string;
      /** The limit of one run of a teacher; absent for the engine's own. */
      readonly teacherSeconds?: number;
    }
  /** Prepares a run: data, teacher's answers, students, kernels. Replaces the run before it. */
  | {
      readonly type: 'load';
      readonly spec: RunSpec;
      readonly files: readonly GivenFile[];
      readonly resume: boolean;
    }
  | { readonly type: 'play' }
  | { readonly type: 'pause' }
  | { readonly type: 'step'; readonly count: number }
  /** Back to step 0 with the same seed and weights; live events of the run are forgotten. */
  | { readonly type: 'rewind' }
  | { readonly type: 'set'; readonly path: string; readonly value: number }
  /** Answers come from the ONNX model itself from the next step on (true), or from the pack again (false). */
  | { readonly type: 'live-teacher'; readonly on: boolean }
  /** Runs the loaded specification to its end under `count` seeds, one after the other; `replicate` events follow. */
  | { readonly type: 'repeat'; readonly count: number }
  | SweepCommand
  | { readonly type: 'inspect'; readonly id: number; readonly files: readonly GivenFile[] }
  | ScalingsCommand
  /** Inner tensors of a specification's teacher, which can be distilled as hidden states. Needs no run. */
  | {
      readonly type: 'tensors';
      readonly id: number;
      readonly spec: RunSpec;
      readonly files: readonly GivenFile[];
    }
  /** Times the loaded run's teacher and student, one after the other, outside of training. */
  | { readonly type: 'speed'; readonly id: number }
  /** Logits of every arm (and of the live teacher, loaded for this) for one input of the task's shape. */
  | { readonly type: 'classify'; readonly id: number; readonly input: Float32Array<ArrayBuffer> }
  | { readonly type: 'export'; readonly id: number; readonly what: Export; readonly arm: number }
  | LanguageCommand
  /** From now on (or no more) all layers of the students are compared with tensors of the teacher; `similarity` events follow. */
  | { readonly type: 'similarity'; readonly id: number; readonly on: boolean }
  /** Tries losses before they are trained, each told by a `checked` event; needs no run. `catalogue` is all of them. */
  | { readonly type: 'check'; readonly id: number; readonly losses: readonly CheckedLoss[] | 'catalogue' }
  /** Keeps a saved file of a teacher's answers, for the runs that they are of. */
  | { readonly type: 'keep'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** What a hub offers under an id or an address. Nothing is downloaded but its answer. */
  | { readonly type: 'hub-offer'; readonly id: number; readonly address: string }
  /** Downloads a model, with `progress` events of the stage `hub`; answered by its inspection with these files. */
  | {
      readonly type: 'hub-download';
      readonly id: number;
      readonly model: HubModel;
      readonly files: readonly GivenFile[];
    }
  | { readonly type: 'hub-stored'; readonly id: number }
  /** Deletes a stored model; answered by those that are left. */
  | { readonly type: 'hub-delete'; readonly id: number; readonly key: string }
  | StoredRunsCommand
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'close' };

/** Asked of a run over texts. */
export type LanguageCommand =
  /** From now on this held-out text is looked at; a `text` event follows at once. */
  | { readonly type: 'watch'; readonly id: number; readonly text: number }
  /** How each student, or the teacher, goes on from a prompt: greedily at a temperature of 0. */
  | {
      readonly type: 'continue';
      readonly id: number;
      readonly prompt: string;
      readonly temperature: number;
      readonly seed: number;
      readonly of: 'students' | 'teacher';
    }
  /** What the models pay attention to in the text that is looked at. */
  | { readonly type: 'attend'; readonly id: number };

export type CommandType = Command['type'];
