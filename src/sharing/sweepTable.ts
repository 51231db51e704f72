/**
 * What a sweep gave, as a table and as figures: a row for each value, seed and arm, and by value and arm the mean over seeds
 * with its interval. Which value is best is picked on validation, and said with the difference to the next, seed by seed.
 */
import type { Evaluation } from '../protocol/events.ts';
import { onTest, onValidation, quoted } from './metricsCsv.ts';
import { holdsZero, type Interval, mean, seedInterval } from './statistics.ts';

/** One value under one seed, at its last step. */
export interface SweptRun {
  readonly value: number;
  readonly seed: number;
  /** Empty where it failed. */
  readonly arms: readonly Evaluation[];
  /** Why it has no result; null where it has one. */
  readonly failed: string | null;
}

/** What is needed beside the runs: whose they are, and which number they are about. */
export interface SweepFacts {
  readonly path: string;
  readonly arms: readonly string[];
  readonly headline: (evaluation: Evaluation) => number;
}

/** How well a run did on the validation rows: more is better. By this a value is picked, so that test rows only report. */
function onValidationRows({ language, validationAccuracy }: Evaluation): number {
  return language === undefined ? validationAccuracy : -language.validationLoss;
}

const cells = [...onTest, ...onValidation];

/** Plain numbers, a point for decimals, RFC 4180. A run that failed has one row for each arm, and the reason in the last column. */
export function sweepCsv({ path, arms, headline }: SweepFacts, runs: readonly SweptRun[]): string {
  const names = ['setting', 'value', 'seed', 'arm', 'headline', ...cells.map(([name]) => name), 'failed'];
  const lines = runs.flatMap(({ value, seed, arms: finals, failed }) =>
    arms.map((arm, index) => {
      const final = finals[index];
      const measured = final === undefined ? cells.map(() => '') : cells.map(([, cell]) => cell(final));
      const shown = final === undefined ? '' : headline(final);
      return [quoted(path), value, seed, quoted(arm), shown, ...measured, quoted(failed ?? '')].join(',');
    }),
  );
  return `${[names.join(','), ...lines].join('\r\n')}\r\n`;
}

export interface OverSeeds {
  readonly mean: number;
  /** mean ± t·s/√S; null for one seed. */
  readonly interval: Interval | null;
}

const summed = ['accuracy', 'agreement', 'divergence'] as const satisfies (keyof Evaluation)[];

export interface ArmAtValue extends Readonly<Record<(typeof summed)[number], OverSeeds>> {
  readonly arm: string;
  readonly headline: OverSeeds;
}

export interface AtValue {
  readonly value: number;
  readonly seeds: readonly number[];
  /** Seeds that failed, which are in no mean. */
  readonly failed: readonly number[];
  /** Empty where all seeds failed. */
  readonly arms: readonly ArmAtValue[];
}

/** By value, in the order of the runs. */
export function sweepSummary({ arms, headline }: SweepFacts, runs: readonly SweptRun[]): readonly AtValue[] {
  const values = [...new Set(runs.map(({ value }) => value))];
  return values.map((value) => {
    const own = runs.filter((run) => run.value === value);
    const done = own.filter(({ failed }) => failed === null);
    const over = (index: number, measure: (evaluation: Evaluation) => number) =>
      overSeeds(done.flatMap(({ arms: finals }) => finals[index] ?? []).map(measure));
    return {
      value,
      seeds: done.map(({ seed }) => seed),
      failed: own.filter(({ failed }) => failed !== null).map(({ seed }) => seed),
      arms:
        done.length === 0
          ? []
          : arms.map((arm, index) => ({
              arm,
              headline: over(index, headline),
              accuracy: over(index, (one) => one.accuracy),
              agreement: over(index, (one) => one.agreement),
              divergence: over(index, (one) => one.divergence),
            })),
    };
  });
}

function overSeeds(values: readonly number[]): OverSeeds {
  return { mean: mean(values), interval: seedInterval(values) };
}

export interface BestValue {
  readonly value: number;
  readonly mean: number;
  readonly seeds: number;
  /** The one after it on validation, and best − next on the test rows seed by seed; null where there is no other. */
  readonly next: {
    readonly value: number;
    readonly difference: number;
    readonly interval: Interval | null;
    /** False where the interval holds 0 or lies on the other side, or there is none. */
    readonly shown: boolean;
  } | null;
}

/**
 * The value at which an arm did best on the validation rows, of those that ran under every seed, told by the headline of the
 * test rows. `direction` is 1 where more of that is better and −1 where less is. Null where there is none, or the arm is the
 * same at all of them.
 */
export function bestValue(
  { headline }: SweepFacts,
  runs: readonly SweptRun[],
  arm: number,
  direction: 1 | -1,
): BestValue | null {
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const scores = [...new Set(runs.map(({ value }) => value))].flatMap((value) => {
    const finals = seeds.flatMap(
      (seed) => runs.find((run) => run.value === value && run.seed === seed)?.arms[arm] ?? [],
    );
    if (finals.length < seeds.length) return [];
    return [{ value, picked: mean(finals.map(onValidationRows)), found: finals.map(headline) }];
  });
  const [best, next] = scores.sort((a, b) => b.picked - a.picked);
  if (best === undefined) return null;
  // To the last digit the same at every value: the setting does not touch this arm, and no value is better.
  const isUntouched = ({ picked, found }: typeof best) =>
    picked === best.picked && found.every((score, i) => score === best.found[i]);
  if (scores.length > 1 && scores.every(isUntouched)) return null;
  const own = { value: best.value, mean: mean(best.found), seeds: seeds.length };
  if (next === undefined) return { ...own, next: null };
  const differences = best.found.map((score, i) => score - (next.found[i] ?? Number.NaN));
  const difference = mean(differences);
  const interval = seedInterval(differences);
  const shown = interval !== null && !holdsZero(interval) && direction * difference > 0;
  return { ...own, next: { value: next.value, difference, interval, shown } };
}
