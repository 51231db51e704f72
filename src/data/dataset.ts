/**
 * From a task and counts to the three splits of a run, in memory. Nothing is drawn twice, validation and test never
 * leave a class out and always carry true labels, and only `seed` differs between replicates.
 */
import { StillroomError } from '../spec/errors.ts';
import { datasetFingerprint } from './fingerprint.ts';
import { giveLabels } from './labels.ts';
import { type Dataset, noSample, type Split, sampleSize, streams, type Task } from './task.ts';

/** The fields of a run's `data` that choose rows, with the replicate's seed. */
export interface DatasetOptions {
  /** Fixes the rows of every split, whatever the replicate. */
  readonly dataSeed: number;
  /** Of the replicate: re-draws the labelled subset and the wrong labels. */
  readonly seed: number;
  readonly transfer: number;
  readonly validation: number;
  readonly test: number;
  /** Classes absent from the transfer rows: their samples are passed over for the next ones. */
  readonly leaveOut?: readonly number[];
  /** A class-balanced count of transfer rows, or all of them (the default). */
  readonly labelled?: 'all' | number;
  /** Share of wrong labels among the labelled transfer rows. */
  readonly labelNoise?: number;
  /** Unlabelled transfer rows are drawn from the whole picture; they then depend on `seed` as well. */
  readonly everywhere?: boolean;
}

export interface SplitOptions
  extends Pick<DatasetOptions, 'leaveOut' | 'labelled' | 'labelNoise' | 'everywhere'> {
  readonly dataSeed: number;
  readonly seed: number;
  /** One of `streams`. */
  readonly stream: number;
  readonly n: number;
}

/** A split whose samples are features, not tokens. */
export type FeatureSplit = Split & { readonly inputs: Float32Array<ArrayBuffer> };

/** Largest split: 2²⁸ numbers, 1 GiB of float32. */
const largestSplit = 2 ** 28;

/** Errors: `data-leave-out`, `data-too-large`, `data-everywhere`, and those of `giveLabels`. */
export function buildDataset(task: Task, options: DatasetOptions): Dataset {
  const { dataSeed, seed } = options;
  const transfer = buildSplit(task, { ...options, stream: streams.transfer, n: options.transfer });
  const validation = buildSplit(task, { dataSeed, seed, stream: streams.validation, n: options.validation });
  const test = buildSplit(task, { dataSeed, seed, stream: streams.test, n: options.test });
  const { inputShape, classNames } = task;
  const fingerprint = datasetFingerprint(inputShape, classNames.length, [transfer, validation, test]);
  return { inputShape, inputDtype: 'f32', positions: 1, classNames, transfer, validation, test, fingerprint };
}

/** One split alone, as teachers are trained on: (n, size) inputs with their labels. */
export function buildSplit(task: Task, options: SplitOptions): FeatureSplit {
  const { leaveOut = [], labelled: count = 'all', labelNoise = 0 } = options;
  const classes = task.classNames.length;
  checkLeaveOut(leaveOut, classes);
  const { inputs, trueLabels, sampleIndex } = drawRows(task, options, leaveOut);
  const choice = { seed: options.seed, classes, labelled: count, labelNoise, leaveOut };
  const { labels, labelled } = giveLabels(trueLabels, choice);
  const valid = new Uint8Array(options.n).fill(1);
  const split = { n: options.n, inputs, trueLabels, labels, labelled, valid, sampleIndex };
  if (options.everywhere === true) spreadUnlabelled(task, options, leaveOut, split);
  return split;
}

function drawRows(task: Task, options: SplitOptions, leaveOut: readonly number[]) {
  const size = sampleSize(task.inputShape);
  checkSplitSize(options.n, size);
  const inputs = new Float32Array(options.n * size);
  const trueLabels = new Uint32Array(options.n);
  const sampleIndex = new Uint32Array(options.n);
  let index = 0;
  for (let row = 0; row < options.n; row++) {
    let label: number;
    do {
      label = task.sample(options.dataSeed, options.stream, index, inputs, row * size);
      index += 1;
    } while (leaveOut.includes(label));
    trueLabels[row] = label;
    sampleIndex[row] = index - 1;
  }
  return { inputs, trueLabels, sampleIndex };
}

/** Draws the unlabelled rows again, evenly over the picture. */
function spreadUnlabelled(
  task: Task,
  options: SplitOptions,
  leaveOut: readonly number[],
  split: FeatureSplit,
): void {
  if (task.everywhere === undefined) {
    throw new StillroomError({
      code: 'data-everywhere',
      problem: `${task.title} has no picture to draw points from`,
      remedy: 'Switch off transfer points everywhere (data.everywhere)',
      control: 'data.everywhere',
    });
  }
  const size = sampleSize(task.inputShape);
  let index = 0;
  for (let row = 0; row < split.n; row++) {
    if (split.labelled[row] === 1) continue;
    let label: number;
    do {
      label = task.everywhere(options.dataSeed, streams.everywhere, index, split.inputs, row * size);
      index += 1;
    } while (leaveOut.includes(label));
    split.trueLabels[row] = label;
    split.sampleIndex[row] = noSample;
  }
}

/** Errors: `data-leave-out` where no class is left, or one does not exist. */
export function checkLeaveOut(leaveOut: readonly number[], classes: number): void {
  const known = leaveOut.every((label) => Number.isInteger(label) && label >= 0 && label < classes);
  if (known && new Set(leaveOut).size < classes) return;
  throw new StillroomError({
    code: 'data-leave-out',
    problem: 'These classes cannot be left out',
    got: leaveOut.join(', '),
    wanted: `fewer than all of the classes 0 to ${classes - 1}`,
    remedy: 'Leave fewer classes out',
    control: 'data.leaveOut',
  });
}

/** Errors: `data-too-large` for n rows of `size` numbers. */
export function checkSplitSize(n: number, size: number): void {
  if (n * size <= largestSplit) return;
  throw new StillroomError({
    code: 'data-too-large',
    problem: 'A split does not fit in memory',
    got: `${n} rows of ${size} numbers`,
    wanted: `at most ${Math.floor(largestSplit / size)} rows`,
    remedy: 'Lower the number of rows',
    control: 'data.transfer',
  });
}
