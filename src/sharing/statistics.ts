/**
 * The few statistics that a verdict needs: paired errors, t-intervals, Wilson intervals, a bootstrap of a ratio.
 * Pure, and deterministic: the bootstrap draws from a fixed generator, so the same numbers give the same interval.
 */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const z975 = 1.959964;

/**
 * Standard error of the difference of two accuracies measured on the same n rows, from the rows on which only one of
 * both was right (b and c): √(b + c − (b − c)²/n)/n.
 */
export function pairedStandardError(onlyFirst: number, onlySecond: number, n: number): number {
  if (n <= 0) return Number.NaN;
  const gap = onlyFirst - onlySecond;
  return Math.sqrt(Math.max(0, onlyFirst + onlySecond - (gap * gap) / n)) / n;
}

/** Two-sided 95 % interval of a normal quantity. */
export function normalInterval(value: number, standardError: number): Interval {
  return { low: value - z975 * standardError, high: value + z975 * standardError };
}

/**
 * Standard error of Σ sums / Σ counts where each pair is of one text, whose parts vary together (the linearised variance
 * of a ratio); NaN for fewer than two texts.
 */
export function clusteredStandardError(sums: ArrayLike<number>, counts: ArrayLike<number>): number {
  const n = sums.length;
  const [sum, count] = [total(sums), total(counts)];
  if (n < 2 || count <= 0) return Number.NaN;
  const ratio = sum / count;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((sums[i] ?? 0) - ratio * (counts[i] ?? 0)) ** 2;
  return Math.sqrt((squares * n) / (n - 1)) / count;
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum;
}

const smallQuantiles = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622];

/** The .975 quantile of Student's t with `degrees` degrees of freedom (a table, then its expansion in 1/ν). */
export function tQuantile975(degrees: number): number {
  const tabled = smallQuantiles[degrees - 1];
  if (tabled !== undefined) return tabled;
  if (degrees < 1) return Number.POSITIVE_INFINITY;
  const z = z975;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation, divisor S − 1; NaN for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** mean ± t·s/√S over seeds; null for fewer than two. */
export function seedInterval(values: readonly number[]): Interval | null {
  if (values.length < 2) return null;
  const reach = (tQuantile975(values.length - 1) * standardDeviation(values)) / Math.sqrt(values.length);
  const centre = mean(values);
  return { low: centre - reach, high: centre + reach };
}

/** Wilson's 95 % interval of a share `hits / n`: stays inside 0…1, also at 0 hits. */
export function wilsonInterval(hits: number, n: number): Interval {
  if (n <= 0) return { low: 0, high: 1 };
  const share = hits / n;
  const z2 = z975 * z975;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const reach = (z975 * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return { low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}

export function holdsZero(interval: Interval): boolean {
  return interval.low <= 0 && interval.high >= 0;
}

/**
 * Σ numerators / Σ denominators over seeds, with the percentile interval of 2,000 resamplings of the seeds. Null where
 * the t-interval of the denominators holds 0: then the ratio says nothing.
 */
export function ratioOfMeans(
  numerators: readonly number[],
  denominators: readonly number[],
): { readonly value: number; readonly interval: Interval } | null {
  const spread = seedInterval(denominators);
  if (spread === null || holdsZero(spread)) return null;
  const ratio = (rows: ArrayLike<number>) => sumAt(numerators, rows) / sumAt(denominators, rows);
  const n = numerators.length;
  const draw = generator(0x5eed);
  // Drawn again at each evaluation, so nothing is allocated on the way.
  const ratios = new Float64Array(2000);
  const rows = new Uint32Array(n);
  for (let i = 0; i < ratios.length; i++) {
    for (let row = 0; row < n; row++) rows[row] = Math.floor(draw() * n);
    ratios[i] = ratio(rows);
  }
  ratios.sort();
  const at = (share: number) => ratios[Math.round(share * (ratios.length - 1))] ?? Number.NaN;
  const all = numerators.map((_, row) => row);
  return { value: ratio(all), interval: { low: at(0.025), high: at(0.975) } };
}

function sumAt(values: readonly number[], rows: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) sum += values[rows[i] ?? 0] ?? 0;
  return sum;
}

/** Marsaglia's 32-bit xorshift, as numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 8) * 2 ** -24;
  };
}
