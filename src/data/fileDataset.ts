/**
 * The three splits of a run from the user's own rows: scaled, shuffled within each class, and dealt out so that every
 * split has the classes in about the file's proportions. A file's own order is never trusted to be random.
 */
import { StillroomError } from '../spec/errors.ts';
import type { DataSpec } from '../spec/runSpec.ts';
import { permutation, randomUnit, subSeed } from '../tensor/random.ts';
import { checkLeaveOut, checkSplitSize } from './dataset.ts';
import { datasetFingerprint } from './fingerprint.ts';
import { giveLabels, type LabelOptions } from './labels.ts';
import { type Dataset, type Split, sampleSize } from './task.ts';
import { type UserData, type UserImages, userDataFingerprint } from './userFiles.ts';

export type FileDataSpec = Extract<DataSpec, { task: 'file' }>;

type GivenShare = Pick<LabelOptions, 'labelled' | 'labelNoise' | 'leaveOut'>;

/** Validation and test: every label, and true. */
const truth: GivenShare = { labelled: 'all', labelNoise: 0, leaveOut: [] };

/**
 * Inputs are (x − mean)/std, where x is a real number of the file or a byte divided by 255. `sampleIndex` is the row
 * of the file. `seed` is the replicate's: it re-draws the labelled subset and the wrong labels, nothing else.
 * Errors: `data-fingerprint` where the specification was made for other files, `data-rows` where there are too few,
 * `data-scale` where a scaled number is not finite, `data-leave-out`, `data-too-large`, and those of `giveLabels`.
 */
export function fileDataset(data: UserData, spec: FileDataSpec, seed: number): Dataset {
  checkFingerprint(data, spec);
  const { images, labels } = data;
  checkLeaveOut(spec.leaveOut, labels.classes);
  const { test, validation, transfer } = deal(data, spec);
  const splitOf = (rows: Uint32Array<ArrayBuffer>, given: GivenShare) =>
    takeRows(data, spec, rows, seed, given);
  const splits = {
    transfer: splitOf(transfer, spec),
    validation: splitOf(validation, truth),
    test: splitOf(test, truth),
  };
  return {
    inputShape: images.shape,
    inputDtype: 'f32',
    positions: 1,
    classNames: Array.from({ length: labels.classes }, (_, label) => String(label)),
    ...splits,
    fingerprint: datasetFingerprint(images.shape, labels.classes, [
      splits.transfer,
      splits.validation,
      splits.test,
    ]),
  };
}

/** Test rows first, then validation, then transfer, so that a change of the later counts moves no earlier row. */
function deal({ labels }: UserData, spec: FileDataSpec) {
  const order = stratifiedOrder(labels.values, labels.classes, spec.dataSeed);
  const held = spec.test + spec.validation;
  const rest = order
    .subarray(Math.min(held, order.length))
    .filter((row) => !spec.leaveOut.includes(labels.values[row] ?? 0));
  if (held > order.length || spec.transfer > rest.length) throw tooFewRows(order.length, rest.length, spec);
  return {
    test: order.slice(0, spec.test),
    validation: order.slice(spec.test, held),
    transfer: rest.slice(0, spec.transfer),
  };
}

/**
 * Every row once, in an order of which any stretch holds the classes in the file's proportions: row k of the n of a
 * class, shuffled, stands at (k + u)/n, u drawn once for the class.
 */
export function stratifiedOrder(
  labels: Uint32Array,
  classes: number,
  dataSeed: number,
): Uint32Array<ArrayBuffer> {
  const seed = subSeed(dataSeed, 'split');
  const counts = new Uint32Array(classes);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const seen = new Uint32Array(classes);
  const place = new Float64Array(labels.length);
  for (const row of permutation(labels.length, seed)) {
    const label = labels[row] ?? 0;
    const k = seen[label] ?? 0;
    seen[label] = k + 1;
    place[row] = (k + randomUnit(seed, label, 0, 1)) / (counts[label] ?? 1);
  }
  return Uint32Array.from(labels.keys()).sort((a, b) => (place[a] ?? 0) - (place[b] ?? 0) || a - b);
}

function takeRows(
  { images, labels }: UserData,
  spec: FileDataSpec,
  rows: Uint32Array<ArrayBuffer>,
  seed: number,
  given: GivenShare,
): Split {
  const size = sampleSize(images.shape);
  checkSplitSize(rows.length, size);
  const inputs = new Float32Array(rows.length * size);
  const scale = scaling(images, spec);
  let at = 0;
  for (const row of rows) {
    for (let i = row * size; i < (row + 1) * size; i++) inputs[at++] = scale(images.values[i] ?? 0);
  }
  if (images.unit === 'real') checkScaled(inputs, rows, size, spec);
  const trueLabels = Uint32Array.from(rows, (row) => labels.values[row] ?? 0);
  return {
    n: rows.length,
    inputs,
    trueLabels,
    ...giveLabels(trueLabels, { ...given, seed, classes: labels.classes }),
    valid: new Uint8Array(rows.length).fill(1),
    sampleIndex: rows,
  };
}

function scaling({ unit }: UserImages, { mean, std }: FileDataSpec): (value: number) => number {
  if (unit === 'real') return (value) => (value - mean) / std;
  const table = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / std);
  return (value) => table[value] ?? 0;
}

/** A number that float32 holds may leave its range when it is divided by a small deviation. */
function checkScaled(inputs: Float32Array, rows: Uint32Array, size: number, spec: FileDataSpec): void {
  const wrong = inputs.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new StillroomError({
    code: 'data-scale',
    problem: 'A scaled number is beyond float32',
    got: `${inputs[wrong]} in row ${rows[Math.floor(wrong / size)]} with mean ${spec.mean} and deviation ${spec.std}`,
    wanted: 'finite numbers',
    remedy: 'Raise data.std to about the deviation of the data',
    control: 'data.std',
  });
}

function checkFingerprint(data: UserData, spec: FileDataSpec): void {
  if (spec.fingerprint === '') return;
  const found = userDataFingerprint(data);
  if (found === spec.fingerprint) return;
  throw new StillroomError({
    code: 'data-fingerprint',
    problem: 'These are not the data files of this run',
    got: found,
    wanted: spec.fingerprint,
    remedy: 'Give the files that the run was made with, or start a new run with these',
    control: 'data.file',
  });
}

function tooFewRows(there: number, rest: number, spec: FileDataSpec): StillroomError {
  const asked = `${spec.transfer} transfer, ${spec.validation} validation and ${spec.test} test rows`;
  const held = spec.validation + spec.test;
  const left = spec.leaveOut.length === 0 ? '' : ` without class ${spec.leaveOut.join(', ')}`;
  return new StillroomError({
    code: 'data-rows',
    problem: `The files have too few rows`,
    got: asked,
    wanted:
      held < there
        ? `at most ${rest} transfer rows${left} of the ${there} in the files`
        : `fewer than ${there} held out, the rows in the files`,
    remedy:
      held < there
        ? 'Learn from fewer rows (data.transfer)'
        : 'Judge on fewer rows (data.test, data.validation)',
    control: held < there ? 'data.transfer' : 'data.test',
  });
}
