/** What is told of a teacher before a run begins, from its answers over held-out rows. It asks no teacher. */
import type { Split } from '../data/task.ts';
import { deviation, softnessTable } from '../losses/distribution.ts';
import type { TeacherFacts } from '../protocol/events.ts';
import { topChoices, topCosts } from '../teachers/topCost.ts';

/** Logits from which a teacher's spread is told. */
const mostForSpread = 200_000;

/** Of each class among these rows. */
export function recallOf(logits: Float32Array, { trueLabels }: Split, classes: number): number[] {
  const [right, rows] = [new Array<number>(classes).fill(0), new Array<number>(classes).fill(0)];
  trueLabels.forEach((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    rows[label] = (rows[label] ?? 0) + 1;
    if (own.indexOf(Math.max(...own)) === label) right[label] = (right[label] ?? 0) + 1;
  });
  return right.map((count, label) => count / Math.max(1, rows[label] ?? 0));
}

/** Padding says nothing, and what stands there has no cost. */
export function costsOf(logits: Float32Array, { classes, valid }: { classes: number; valid: Uint8Array }) {
  const counted: number[] = [];
  for (let row = 0; row < valid.length && counted.length * classes < mostForSpread; row++)
    if (valid[row] === 1) counted.push(row);
  const some = new Float32Array(counted.length * classes);
  counted.forEach((row, i) => {
    some.set(logits.subarray(row * classes, (row + 1) * classes), i * classes);
  });
  return topCosts(some, classes, topChoices(classes));
}

/** From no more rows than tell it well. */
export function spreadOf(
  logits: Float32Array,
  classes: number,
): Pick<TeacherFacts, 'logitDeviation' | 'softness'> {
  const some = logits.subarray(0, classes * Math.ceil(mostForSpread / classes));
  return { logitDeviation: deviation(some), softness: softnessTable(some, classes) };
}
