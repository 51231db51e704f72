/**
 * From the logits of one text to what is told of it: which tokens stand at each position by name, the others in heaps,
 * surprise and divergence at T = 1. On the CPU, in float64; it runs no model.
 */
import { restHeaps, type TokenRows } from '../protocol/texts.ts';
import { logSoftmaxInto } from './evaluation.ts';

/** Tokens that are told one by one, unless there are fewer. */
const mostShown = 9;

/** (n, shown): at each position the label, then the tokens that some model finds likeliest. */
export function shownTokens(
  models: readonly Float32Array[],
  labels: Uint32Array,
  classes: number,
): Uint32Array<ArrayBuffer> {
  const count = Math.min(mostShown, classes);
  const shown = new Uint32Array(labels.length * count);
  const log = new Float64Array(classes);
  const weights = new Float64Array(classes);
  labels.forEach((label, row) => {
    weights.fill(0);
    for (const logits of models) {
      logSoftmaxInto(logits, row, classes, log);
      for (let c = 0; c < classes; c++) weights[c] = Math.max(weights[c] ?? 0, Math.exp(log[c] ?? 0));
    }
    weights[label] = Number.POSITIVE_INFINITY;
    shown.set(largest(weights, count), row * count);
  });
  return shown;
}

/** Indices of the `count` largest, the largest first. */
function largest(weights: Float64Array, count: number): readonly number[] {
  const found: number[] = [];
  let least = Number.NEGATIVE_INFINITY;
  weights.forEach((weight, c) => {
    if (found.length === count && weight <= least) return;
    let place = found.length;
    while (place > 0 && (weights[found[place - 1] ?? 0] ?? 0) < weight) place -= 1;
    found.splice(place, 0, c);
    if (found.length > count) found.pop();
    least = weights[found.at(-1) ?? 0] ?? least;
  });
  return found;
}

/** `teacher` is what the divergence is taken from; null of the teacher itself, and where there is none. */
export function tokenRows(
  logits: Float32Array,
  teacher: Float32Array | null,
  { labels, shown, classes }: { labels: Uint32Array; shown: Uint32Array; classes: number },
): TokenRows {
  const n = labels.length;
  const count = shown.length / Math.max(1, n);
  const told = new Float32Array(shown.length);
  const rest = new Float32Array(n * restHeaps * 2);
  const surprise = new Float32Array(n);
  const divergence = new Float32Array(teacher === null ? 0 : n);
  const [logQ, logP] = [new Float64Array(classes), new Float64Array(classes)];
  for (let row = 0; row < n; row++) {
    const own = shown.subarray(row * count, (row + 1) * count);
    own.forEach((token, i) => {
      told[row * count + i] = logits[row * classes + token] ?? 0;
    });
    rest.set(heapsOf(logits.subarray(row * classes, (row + 1) * classes), own), row * restHeaps * 2);
    logSoftmaxInto(logits, row, classes, logQ);
    surprise[row] = -(logQ[labels[row] ?? 0] ?? 0);
    if (teacher === null) continue;
    logSoftmaxInto(teacher, row, classes, logP);
    divergence[row] = Math.max(0, divergenceOf(logP, logQ));
  }
  return { logits: told, rest, surprise, divergence };
}

function divergenceOf(logP: Float64Array, logQ: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < logP.length; c++) {
    const p = Math.exp(logP[c] ?? 0);
    // 0 · log 0 is 0: a teacher may exclude a token.
    if (p > 0) sum += p * ((logP[c] ?? 0) - (logQ[c] ?? 0));
  }
  return sum;
}

/** (heaps, 2): equal stretches between the least and the largest of the others; an empty heap has count 0. */
function heapsOf(logits: Float32Array, shown: Uint32Array): Float32Array<ArrayBuffer> {
  const heaps = new Float32Array(restHeaps * 2);
  const told = new Set(shown);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let c = 0; c < logits.length; c++) {
    if (told.has(c)) continue;
    low = Math.min(low, logits[c] ?? 0);
    high = Math.max(high, logits[c] ?? 0);
  }
  const sums = new Float64Array(restHeaps);
  for (let c = 0; c < logits.length; c++) {
    if (told.has(c)) continue;
    const z = logits[c] ?? 0;
    const heap = Math.min(restHeaps - 1, Math.floor(((z - low) / (high - low || 1)) * restHeaps));
    heaps[2 * heap] = (heaps[2 * heap] ?? 0) + 1;
    sums[heap] = (sums[heap] ?? 0) + Math.exp(z - high);
  }
  sums.forEach((sum, heap) => {
    const count = heaps[2 * heap] ?? 0;
    if (count > 0) heaps[2 * heap + 1] = high + Math.log(sum / count);
  });
  return heaps;
}
