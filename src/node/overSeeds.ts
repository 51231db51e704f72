/**
 * What several seeds of one run say together, in lines for a terminal: each arm's mean, and how far it is from
 * each arm before it, seed by seed. It measures nothing.
 */
import { holdsZero, mean, seedInterval } from '../sharing/statistics.ts';

/** The number that the runs are about, of one arm under each seed. */
export interface ArmOverSeeds {
  readonly arm: string;
  readonly values: readonly number[];
}

/** None for fewer than two seeds. `nats`: a loss, where less is better; else shares, told in per cent and points. */
export function overSeeds(headline: string, nats: boolean, arms: readonly ArmOverSeeds[]): readonly string[] {
  const seeds = arms[0]?.values.length ?? 0;
  if (seeds < 2) return [];
  const [unit, scale, digits] = nats ? (['nats', 1, 4] as const) : (['points', 100, 2] as const);
  const figure = (value: number) => (value * scale).toFixed(digits);
  const signed = (value: number) => `${value > 0 ? '+' : ''}${figure(value).replace('-', '−')}`;
  const means = arms.map(({ arm, values }) => {
    const { low, high } = seedInterval(values) ?? { low: Number.NaN, high: Number.NaN };
    return `  ${arm.padEnd(12)} ${figure(mean(values))} ± ${figure((high - low) / 2)}${nats ? '' : ' %'}`;
  });
  const against = (one: ArmOverSeeds, other: ArmOverSeeds): string => {
    const apart = one.values.map((value, seed) => value - (other.values[seed] ?? Number.NaN));
    const interval = seedInterval(apart) ?? { low: Number.NaN, high: Number.NaN };
    const range = `${signed(interval.low)} to ${signed(interval.high)} ${unit}`;
    const better = apart.filter((value) => (nats ? value < 0 : value > 0)).length;
    const found = holdsZero(interval) ? `no difference shown (${range}` : `${signed(mean(apart))} (${range}`;
    return `  ${one.arm} − ${other.arm}: ${found}, better in ${better} of ${seeds})`;
  };
  const pairs = arms.flatMap((one, i) =>
    arms
      .slice(0, i)
      .reverse()
      .map((other) => against(one, other)),
  );
  return [`over ${seeds} seeds, ${headline} with 95 % intervals:`, ...means, ...pairs];
}
