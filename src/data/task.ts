/**
 * What a task and a data set are. A task is a pure function from (seed, stream, index) to one labelled sample, so
 * any split of any size can be drawn again anywhere. No generator lives here, and no file format.
 */
import type { Dtype, Inputs } from '../tensor/kernel.ts';
import type { Vocabulary } from './textTask.ts';

export interface Task {
  /** Stable, part of a data set's fingerprint: `glyphs-16`, `planes-moons-0.2`. */
  readonly id: string;
  readonly title: string;
  /** Shape of one sample: [2], [1, 16, 16] or [1, 28, 28]. */
  readonly inputShape: readonly number[];
  readonly classNames: readonly string[];
  /**
   * Writes sample `index` of `stream` at `into[offset…]` and returns its true label.
   * Pure in (seed, stream, index): no order of calls changes a sample.
   */
  sample(seed: number, stream: number, index: number, into: Float32Array, offset: number): number;
  /**
   * The same, with the sample drawn evenly from the whole picture instead of the task's own distribution.
   * Only tasks with a picture of their input space have it.
   */
  everywhere?(seed: number, stream: number, index: number, into: Float32Array, offset: number): number;
}

/** Streams of a task. Splits take different streams, so no two of them share a sample. */
export const streams = {
  teacherTrain: 1,
  teacherTest: 2,
  transfer: 3,
  validation: 4,
  test: 5,
  /** Unlabelled transfer points from the whole picture. */
  everywhere: 6,
} as const;

/**
 * Samples of one split; sample i of `inputs` starts at i × size, the product of the input shape. A sample has
 * `positions` rows, each with a label of its own: 1 for classifiers, one a token for language.
 */
export interface Split {
  /** Samples. */
  readonly n: number;
  /** (n, size). */
  readonly inputs: Inputs;
  /** (n × positions): the truth, for evaluation only. */
  readonly trueLabels: Uint32Array<ArrayBuffer>;
  /** The labels as given, perhaps wrong. 0, and not the truth, where `labelled` is 0. (n × positions) */
  readonly labels: Uint32Array<ArrayBuffer>;
  /** 1 where the student may see the label. (n × positions) */
  readonly labelled: Uint8Array<ArrayBuffer>;
  /** 0 where a row is padding, with nothing to learn or to measure. (n × positions) */
  readonly valid: Uint8Array<ArrayBuffer>;
  /**
   * Which sample of its stream (or row of the user's file) each row is: what a pack of teacher answers is keyed by.
   * `noSample` where the row belongs to no such sequence.
   */
  readonly sampleIndex: Uint32Array<ArrayBuffer>;
  /** Entropy of each label given what stands before it, in nats, where the source is known. (n × positions) */
  readonly entropy?: Float32Array<ArrayBuffer>;
}

/** Sample index of a row that was drawn from the whole picture. */
export const noSample = 0xffff_ffff;

export interface Dataset {
  /** Of one sample: [features], [channels, height, width], or [positions] tokens. */
  readonly inputShape: readonly number[];
  readonly inputDtype: Dtype;
  /** Rows with a label in one sample. */
  readonly positions: number;
  readonly classNames: readonly string[];
  readonly transfer: Split;
  readonly validation: Split;
  readonly test: Split;
  /**
   * 16 hex digits over the inputs and true labels of all splits. A replicate's subset and noise do not enter it, so
   * one pack of teacher answers serves every replicate.
   */
  readonly fingerprint: string;
  /** Of texts. */
  readonly vocabulary?: Vocabulary;
}

/** Numbers in one sample of this shape. */
export function sampleSize(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
