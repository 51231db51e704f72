/** From which value to which a chart shows its lines: all of them, but for what first weights do to its scale. */
import type { ChartData } from '../store/curves.ts';
import type { HowDrawn } from './chartWords.ts';

type How = Pick<HowDrawn, 'range' | 'settles' | 'log'>;

/** Of all finite points, and of a logarithmic axis those above 0. */
export function boundsOf(data: ChartData, how: How): [number, number] {
  const values = data.traces.flatMap(({ y }) =>
    y.filter((value) => Number.isFinite(value) && (!how.log || value > 0)),
  );
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.length === 0 ? how.range(how.log ? 0.1 : 0, 1) : boundsBetween(data, how, low, high);
}

/** With the lowest and the highest value known. */
export function boundsBetween(data: ChartData | null, how: How, low: number, high: number): [number, number] {
  return how.range(trained(data, low), how.settles ? settled(data, high) : high);
}

/** The highest value after the first twentieth of what is there, where there is enough of it; else `high`. */
function settled(data: ChartData | null, high: number): number {
  const end = Math.max(0, ...(data?.traces.map(({ x }) => x.at(-1) ?? 0) ?? []));
  const later = (data?.traces ?? []).flatMap(({ x, y }) =>
    y.filter((value, at) => (x[at] ?? 0) >= end / 20 && Number.isFinite(value)),
  );
  return later.length < 8 ? high : Math.min(high, Math.max(...later));
}

/** The lowest value without the first points, which are of first weights, where there is enough after them; else `low`. */
function trained(data: ChartData | null, low: number): number {
  const later = (data?.traces ?? []).flatMap(({ x, y }) =>
    y.filter((value, at) => (x[at] ?? 0) > 0 && Number.isFinite(value)),
  );
  return later.length < 8 ? low : Math.max(low, Math.min(...later));
}
