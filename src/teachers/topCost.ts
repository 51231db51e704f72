/**
 * What it costs to keep only the k largest answers of each row: bytes of a row, and how far the kept distribution is from
 * the dense one, in both ways in which the rest can be read again. In float64, at T = 1, in nats; it keeps nothing.
 */
import type { TopCost } from '../protocol/topCost.ts';
import { topRowBytes } from './topAnswers.ts';

/** What a dial stops at: powers of two below the number of classes, up to this. */
const mostK = 256;

export function topChoices(classes: number): readonly number[] {
  const all = Array.from({ length: Math.log2(mostK) + 1 }, (_, power) => 2 ** power);
  return all.filter((k) => k < classes);
}

/** For each k below the number of classes; `logits` (rows, classes). */
export function topCosts(logits: Float32Array, classes: number, ks: readonly number[]): readonly TopCost[] {
  const rows = logits.length / classes;
  const wanted = ks.filter((k) => k >= 1 && k < classes);
  const sums = wanted.map(() => ({ mass: 0, tail: 0, renormalised: 0 }));
  for (let row = 0; row < rows; row++) {
    const rests = restsOf(logits.slice(row * classes, (row + 1) * classes).sort(), wanted);
    rests.forEach(({ mass, divergence }, i) => {
      const sum = sums[i];
      if (sum === undefined) return;
      sum.mass += 1 - mass;
      sum.tail += divergence;
      sum.renormalised -= Math.log1p(-mass);
    });
  }
  return wanted.map((k, i) => {
    const { mass = 0, tail = 0, renormalised = 0 } = sums[i] ?? {};
    const bytes = topRowBytes(classes, k);
    return { k, bytes, mass: mass / rows, tail: tail / rows, renormalised: renormalised / rows };
  });
}

/** Of one row in rising order: the mass outside of the k largest, and Σ p·log(p·(V − k)/mass) over it. */
function restsOf(rising: Float32Array, ks: readonly number[]) {
  const classes = rising.length;
  const largest = rising[classes - 1] ?? 0;
  const total = rising.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  // Summed from the smallest up, where the largest of what is left comes last.
  const [mass, weighted] = [new Float64Array(classes + 1), new Float64Array(classes + 1)];
  for (let i = 0; i < classes; i++) {
    const logP = (rising[i] ?? 0) - largest - Math.log(total);
    const p = Math.exp(logP);
    mass[i + 1] = (mass[i] ?? 0) + p;
    weighted[i + 1] = (weighted[i] ?? 0) + (p === 0 ? 0 : p * logP);
  }
  return ks.map((k) => {
    const rest = mass[classes - k] ?? 0;
    const divergence = rest === 0 ? 0 : (weighted[classes - k] ?? 0) + rest * Math.log((classes - k) / rest);
    return { mass: rest, divergence: Math.max(0, divergence) };
  });
}
