/**
 * Distributions from logits, in float64, for pictures and read-outs: what the page draws and the teachers' cards say.
 * Nothing here is trained; the kernels have their own.
 */

/** Temperatures that softmax accepts; outside, the nearest end is taken (as in the kernels). */
const lowest = 0.01;
const highest = 1000;

/** log softmax(logits/T): (V) → (V). The first largest logit is left out of the sum, so that log(1 + rest) stays exact. */
export function logSoftmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const t = Math.min(Math.max(temperature, lowest), highest);
  const top = argmax(logits);
  const largest = logits[top] ?? 0;
  let rest = 0;
  for (let j = 0; j < logits.length; j++) if (j !== top) rest += Math.exp(((logits[j] ?? 0) - largest) / t);
  const logSum = Math.log1p(rest);
  return Float64Array.from(logits, (logit) => (logit - largest) / t - logSum);
}

/** softmax(logits/T): (V) → (V), adding up to 1. */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  return logSoftmax(logits, temperature).map(Math.exp);
}

/** −Σ p log p of one distribution, in nats; 0·log 0 is 0. */
export function entropy(probabilities: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < probabilities.length; j++) {
    const p = probabilities[j] ?? 0;
    if (p > 0) sum -= p * Math.log(p);
  }
  return sum;
}

/** Softness exp(mean H) of rows of logits (rows·V) at T: over how many classes they spread, from 1 to V. */
export function softness(logits: ArrayLike<number>, classes: number, temperature: number): number {
  const rows = Math.floor(logits.length / classes);
  if (rows === 0) return 1;
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += entropy(softmax(rowOf(logits, r, classes), temperature));
  return Math.exp(sum / rows);
}

/** Softness of the same rows at each of the temperatures that a teacher's card names. */
export function softnessTable(logits: ArrayLike<number>, classes: number): TemperatureSoftness[] {
  return [1, 2, 4, 8, 16, 32].map((temperature) => ({
    temperature,
    classes: softness(logits, classes, temperature),
  }));
}

export interface TemperatureSoftness {
  readonly temperature: number;
  readonly classes: number;
}

/** Standard deviation of all numbers about their common mean; 0 of none. */
export function deviation(numbers: ArrayLike<number>): number {
  const n = Math.max(1, numbers.length);
  let [sum, squares] = [0, 0];
  for (let j = 0; j < numbers.length; j++) sum += numbers[j] ?? 0;
  for (let j = 0; j < numbers.length; j++) squares += ((numbers[j] ?? 0) - sum / n) ** 2;
  return Math.sqrt(squares / n);
}

/** KL(p ‖ q) = Σ p(log p − log q) in nats, p and q the softmaxes of two rows of logits at T; never negative. */
export function divergence(
  logitsOfP: ArrayLike<number>,
  logitsOfQ: ArrayLike<number>,
  temperature = 1,
): number {
  const [logP, logQ] = [logSoftmax(logitsOfP, temperature), logSoftmax(logitsOfQ, temperature)];
  let sum = 0;
  logP.forEach((value, j) => {
    const [p, d] = [Math.exp(value), (logQ[j] ?? 0) - value];
    // p(e^d − 1 − d) has the same sum and no negative part; where e^d would overflow, p·e^d is q.
    sum += d > 10 ? Math.exp(logQ[j] ?? 0) - p * (1 + d) : p * (Math.expm1(d) - d);
  });
  return sum;
}

/** Both directions for a student and its teacher: forward KL(teacher ‖ student), reverse KL(student ‖ teacher). */
export function divergences(
  student: ArrayLike<number>,
  teacher: ArrayLike<number>,
  temperature = 1,
): { readonly forward: number; readonly reverse: number } {
  return {
    forward: divergence(teacher, student, temperature),
    reverse: divergence(student, teacher, temperature),
  };
}

/** Index of the first largest number; 0 of none. */
export function argmax(numbers: ArrayLike<number>): number {
  let best = 0;
  for (let j = 1; j < numbers.length; j++) {
    if ((numbers[j] ?? 0) > (numbers[best] ?? Number.NEGATIVE_INFINITY)) best = j;
  }
  return best;
}

function rowOf(numbers: ArrayLike<number>, row: number, width: number): Float64Array {
  return Float64Array.from({ length: width }, (_, j) => numbers[row * width + j] ?? 0);
}
