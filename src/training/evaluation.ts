/**
 * Held-out measures of one student from its logits, at T = 1, in nats (definitions: docs/metrics.md). On the CPU,
 * from logits that were read back; it runs no model. Everything is computed in float64.
 */
import type { AverageMeasures, Evaluation, LeftOut } from '../protocol/events.ts';
import { RandomStream } from '../tensor/random.ts';

/** Logits (n, classes) of a student and its teacher on the same rows, with the true labels. */
export interface Judged {
  readonly classes: number;
  readonly student: Float32Array;
  readonly teacher: Float32Array;
  readonly labels: Uint32Array;
  /** 0 where a row is padding, which no measure counts; all rows count where it is left out. */
  readonly valid?: Uint8Array;
}

const bins = 15;
/** Resamplings of the labels for the floor of the calibration error. */
const floorDraws = 10;
const offsets = 21;

/** `test` is measured, `validation` chooses the matched offset; offsets are added to the logits of `leaveOut`. */
export function evaluate(
  test: Judged,
  validation: Judged,
  leaveOut: readonly number[],
  offset: number,
): Evaluation {
  const student = shifted(test, leaveOut, offset);
  const n = countedRows(test);
  const { classes } = test;
  const confusion = new Array<number>(classes * classes).fill(0);
  const correct = new Uint8Array(test.labels.length);
  const calibration = new Calibration();
  const q = new Float64Array(classes);
  const p = new Float64Array(classes);
  let [agree, errs, agreeWhereErrs, divergence, reverse, entropyGap] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < test.labels.length; row++) {
    if (test.valid?.[row] === 0) continue;
    const label = test.labels[row] ?? 0;
    const answer = logSoftmaxInto(student, row, classes, q);
    const taught = logSoftmaxInto(test.teacher, row, classes, p);
    confusion[label * classes + answer] = (confusion[label * classes + answer] ?? 0) + 1;
    correct[row] = answer === label ? 1 : 0;
    agree += answer === taught ? 1 : 0;
    errs += taught === label ? 0 : 1;
    agreeWhereErrs += taught !== label && answer === taught ? 1 : 0;
    for (let j = 0; j < classes; j++) {
      const [logQ, logP] = [q[j] ?? 0, p[j] ?? 0];
      const [qj, pj] = [Math.exp(logQ), Math.exp(logP)];
      divergence += pj * (logP - logQ);
      reverse += qj * (logQ - logP);
      entropyGap += pj * logP - qj * logQ;
    }
    calibration.add(q, Math.exp(q[answer] ?? 0), answer === label, row);
  }
  const right = sum(correct);
  const classRows = rowSums(confusion, classes);
  return {
    n,
    accuracy: right / Math.max(1, n),
    validationAccuracy: accuracyOf(validation, leaveOut, offset),
    agreement: agree / Math.max(1, n),
    agreementWhereTeacherErrs: errs === 0 ? 0 : agreeWhereErrs / errs,
    teacherErrs: errs,
    divergence: Math.max(0, divergence / Math.max(1, n)),
    reverseDivergence: Math.max(0, reverse / Math.max(1, n)),
    calibrationError: calibration.error(),
    calibrationFloor: calibration.floor(),
    calibrationGap: calibration.gap(),
    entropyGap: entropyGap / Math.max(1, n),
    recall: classRows.map((rows, label) =>
      rows === 0 ? 0 : (confusion[label * classes + label] ?? 0) / rows,
    ),
    classRows,
    confusion,
    leftOut: leaveOut.map((label) => judgeLeftOut(test, validation, leaveOut, label)),
    correct,
  };
}

/** Share of rows whose largest logit is the true label's. */
export function accuracyOf(judged: Judged, leaveOut: readonly number[] = [], offset = 0): number {
  const logits = shifted(judged, leaveOut, offset);
  let right = 0;
  judged.labels.forEach((label, row) => {
    if (judged.valid?.[row] !== 0 && argmaxOf(logits, row, judged.classes) === label) right += 1;
  });
  return right / Math.max(1, countedRows(judged));
}

/** What is told of an averaged copy whose logits stand as the student's: `offset` is added as it is to the student's. */
export function averageOf(copy: Judged, leaveOut: readonly number[], offset: number): AverageMeasures {
  const logits = shifted(copy, leaveOut, offset);
  const [rows, right] = [new Array<number>(copy.classes).fill(0), new Array<number>(copy.classes).fill(0)];
  copy.labels.forEach((label, row) => {
    rows[label] = (rows[label] ?? 0) + 1;
    if (argmaxOf(logits, row, copy.classes) === label) right[label] = (right[label] ?? 0) + 1;
  });
  return {
    accuracy: sum(right) / Math.max(1, copy.labels.length),
    recall: rows.map((n, label) => (n === 0 ? 0 : (right[label] ?? 0) / n)),
    loss: null,
  };
}

/** Rows that are not padding. */
function countedRows({ labels, valid }: Judged): number {
  return valid === undefined ? labels.length : sum(valid);
}

/** Writes log-probabilities of one row and returns its argmax (the first of equals). */
export function logSoftmaxInto(
  logits: Float32Array,
  row: number,
  classes: number,
  into: Float64Array,
): number {
  const best = argmaxOf(logits, row, classes);
  const largest = logits[row * classes + best] ?? 0;
  let total = 0;
  for (let j = 0; j < classes; j++) total += Math.exp((logits[row * classes + j] ?? 0) - largest);
  const logTotal = Math.log(total);
  for (let j = 0; j < classes; j++) into[j] = (logits[row * classes + j] ?? 0) - largest - logTotal;
  return best;
}

function argmaxOf(logits: Float32Array, row: number, classes: number): number {
  let best = 0;
  for (let j = 1; j < classes; j++) {
    if ((logits[row * classes + j] ?? 0) > (logits[row * classes + best] ?? 0)) best = j;
  }
  return best;
}

function shifted(judged: Judged, leaveOut: readonly number[], offset: number): Float32Array {
  if (offset === 0 || leaveOut.length === 0) return judged.student;
  const logits = judged.student.slice();
  for (let at = 0; at < logits.length; at += judged.classes) {
    for (const label of leaveOut) logits[at + label] = (logits[at + label] ?? 0) + offset;
  }
  return logits;
}

/** Expected calibration error over 15 equal bins of the confidence (Naeini et al. 2015; Guo et al. 2017). */
export class Calibration {
  readonly #confidence = new Float64Array(bins);
  readonly #right = new Float64Array(bins);
  readonly #count = new Float64Array(bins);
  readonly #resampled = Array.from({ length: floorDraws }, () => new Float64Array(bins));
  #n = 0;

  add(logQ: Float64Array, confidence: number, right: boolean, row: number): void {
    const bin = Math.min(bins - 1, Math.floor(confidence * bins));
    this.#n += 1;
    this.#count[bin] = (this.#count[bin] ?? 0) + 1;
    this.#confidence[bin] = (this.#confidence[bin] ?? 0) + confidence;
    if (right) this.#right[bin] = (this.#right[bin] ?? 0) + 1;
    const random = new RandomStream(0xca1b, row, logQ.length);
    for (const drawn of this.#resampled) {
      // A label drawn from q is the argmax with probability q_max.
      if (random.unit() < confidence) drawn[bin] = (drawn[bin] ?? 0) + 1;
    }
  }

  error(): number {
    return this.#errorOf(this.#right);
  }

  floor(): number {
    return this.#resampled.reduce((total, drawn) => total + this.#errorOf(drawn), 0) / floorDraws;
  }

  gap(): number {
    return (sum(this.#confidence) - sum(this.#right)) / Math.max(1, this.#n);
  }

  #errorOf(right: Float64Array): number {
    let total = 0;
    for (let bin = 0; bin < bins; bin++) total += Math.abs((right[bin] ?? 0) - (this.#confidence[bin] ?? 0));
    return total / Math.max(1, this.#n);
  }
}

function judgeLeftOut(test: Judged, validation: Judged, leaveOut: readonly number[], label: number): LeftOut {
  const curves = Array.from({ length: offsets }, (_, offset) =>
    recallAndAccuracy(test, leaveOut, label, offset),
  );
  const matched = matchedOffset(validation, label);
  return {
    label,
    auc: areaUnderRoc(test, label),
    recallByOffset: curves.map((one) => one.recall),
    accuracyByOffset: curves.map((one) => one.accuracy),
    matchedOffset: matched,
    matchedRecall: recallAndAccuracy(test, leaveOut, label, matched).recall,
  };
}

function recallAndAccuracy(judged: Judged, leaveOut: readonly number[], label: number, offset: number) {
  const logits = shifted(judged, leaveOut, offset);
  let [rows, found, right] = [0, 0, 0];
  judged.labels.forEach((truth, row) => {
    const answer = argmaxOf(logits, row, judged.classes);
    if (answer === truth) right += 1;
    if (truth !== label) return;
    rows += 1;
    if (answer === label) found += 1;
  });
  return { recall: found / Math.max(1, rows), accuracy: right / Math.max(1, judged.labels.length) };
}

/** Margin of a class on each row: its logit − the largest of the others. */
function margins({ student, classes, labels }: Judged, label: number): Float64Array {
  return Float64Array.from(labels, (_, row) => {
    let other = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < classes; j++)
      if (j !== label) other = Math.max(other, student[row * classes + j] ?? 0);
    return (student[row * classes + label] ?? 0) - other;
  });
}

/** By ranks (Mann and Whitney), ties counted half. ½ where one of the two groups is empty. */
function areaUnderRoc(judged: Judged, label: number): number {
  const margin = margins(judged, label);
  const order = Array.from(margin.keys()).sort((a, b) => (margin[a] ?? 0) - (margin[b] ?? 0));
  let [positives, rankSum] = [0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && margin[order[end] ?? 0] === margin[order[start] ?? 0]) end += 1;
    for (let i = start; i < end; i++) {
      if (judged.labels[order[i] ?? 0] !== label) continue;
      positives += 1;
      rankSum += (start + 1 + end) / 2;
    }
    start = end;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return 0.5;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** The offset that makes a class be answered as often as it occurs; 0 where it is often enough without. */
function matchedOffset(validation: Judged, label: number): number {
  const margin = margins(validation, label).sort();
  const occurs = validation.labels.reduce((count, truth) => count + (truth === label ? 1 : 0), 0);
  if (occurs === 0) return 0;
  const threshold = margin[margin.length - occurs] ?? 0;
  return Math.max(0, -threshold);
}

function rowSums(confusion: readonly number[], classes: number): number[] {
  return Array.from({ length: classes }, (_, label) =>
    sum(confusion.slice(label * classes, (label + 1) * classes)),
  );
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
