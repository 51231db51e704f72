/**
 * Linear centred kernel alignment (Kornblith et al. 2019, arXiv 1905.00414) between states of the same rows, whatever their
 * widths: 1 for states that are one another turned, scaled or moved, near 0 for unrelated ones. Plain loops in float64.
 */

/** Centred inner products of all rows, (n × n), at a norm of 1; zeros where the rows do not differ. */
export type Relations = Float64Array;

/** States (n, size). O(n² size). */
export function relationsOf(states: ArrayLike<number>, n: number): Relations {
  const size = states.length / n;
  const centred = Float64Array.from(states);
  for (let c = 0; c < size; c++) {
    let mean = 0;
    for (let row = 0; row < n; row++) mean += (states[row * size + c] ?? 0) / n;
    for (let row = 0; row < n; row++) centred[row * size + c] = (states[row * size + c] ?? 0) - mean;
  }
  const squared = (x: ArrayLike<number>) => Array.from(x).reduce((sum, v) => sum + v * v, 0);
  // What is left of equal rows is rounding, which has a direction too.
  if (squared(centred) <= 1e-20 * squared(states)) return new Float64Array(n * n);
  const products = new Float64Array(n * n);
  let squares = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < size; c++) sum += (centred[i * size + c] ?? 0) * (centred[j * size + c] ?? 0);
      products[i * n + j] = sum;
      products[j * n + i] = sum;
      squares += (i === j ? 1 : 2) * sum * sum;
    }
  }
  const norm = Math.sqrt(squares);
  return products.map((x) => x / norm);
}

/** In [0, 1]; 0 where one of the two does not tell its rows apart, NaN where a state is not a number. */
export function alignment(a: Relations, b: Relations): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
}
