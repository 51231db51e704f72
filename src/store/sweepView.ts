/**
 * What a sweep has shown so far, as numbers that can be drawn, told and saved: the headline by value and arm over seeds, the
 * teacher's line, the best value of each arm, and what failed. No colours, no words.
 */

import type { Interval } from '../sharing/statistics.ts';
import {
  type AtValue,
  type BestValue,
  bestValue,
  type SweepFacts,
  sweepCsv,
  sweepSummary,
} from '../sharing/sweepTable.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { direction, type Headline, headlineOf, headlineValue, teacherHeadline } from './headline.ts';
import type { SweepLog } from './sweep.ts';

export interface SweepPoint {
  readonly value: number;
  readonly mean: number;
  readonly interval: Interval | null;
  /** By seed. */
  readonly scores: readonly number[];
}

export interface SweepView {
  readonly headline: Headline;
  /** All values, ascending; also those that have no run yet. */
  readonly values: readonly number[];
  /** By arm, ascending in value. */
  readonly arms: readonly (readonly SweepPoint[])[];
  readonly teacher: readonly { readonly value: number; readonly score: number }[];
  /** By arm; null where nothing is to be told. */
  readonly best: readonly (BestValue | null)[];
  readonly failed: readonly { readonly value: number; readonly seed: number; readonly reason: string }[];
  /** Seeds of each value, where all have run. */
  readonly seeds: number;
  /** Runs that are there, and those that are wanted. */
  readonly done: number;
  readonly wanted: number;
  /** Values lie far apart, so that the axis goes by factors. */
  readonly logarithmic: boolean;
}

/** From where on values are far apart. */
const farApart = 20;

export function sweepView(sweep: SweepLog, offset: number): SweepView {
  const headline = headlineOf(sweep.spec);
  const facts = factsOf(sweep, headline, offset);
  const values = [...sweep.values].sort((a, b) => a - b);
  const runs = values.flatMap((value) => sweep.runs.filter((run) => run.value === value));
  const summary = sweepSummary(facts, runs);
  const points = (arm: number) =>
    summary.flatMap(({ value, arms }): SweepPoint[] => {
      const over = arms[arm]?.headline;
      const finals = runs.filter((run) => run.value === value).flatMap((run) => run.arms[arm] ?? []);
      return over === undefined ? [] : [{ value, ...over, scores: finals.map(facts.headline) }];
    });
  const teacher = values.flatMap((value) => {
    const known = sweep.teachers.get(value);
    const score = known === undefined ? null : teacherHeadline(known, headline);
    return score === null ? [] : [{ value, score }];
  });
  const [least = 0, most = 0] = [values[0], values.at(-1)];
  return {
    ...{ headline, values, teacher, seeds: sweep.seeds.length, done: runs.length },
    arms: facts.arms.map((_, arm) => points(arm)),
    best: facts.arms.map((_, arm) => bestValue(facts, runs, arm, direction(headline))),
    failed: runs.flatMap(({ value, seed, failed }) =>
      failed === null ? [] : [{ value, seed, reason: failed }],
    ),
    wanted: values.length * sweep.seeds.length,
    logarithmic: least > 0 && most / least > farApart,
  };
}

/** The table of all runs of a sweep that are there. */
export function sweepTable(sweep: SweepLog): string {
  return sweepCsv(factsOf(sweep, headlineOf(sweep.spec), 0), sweep.runs);
}

/** A sweep as figures alone: what summary.json of the command line holds. */
export interface SweepResult {
  readonly setting: string;
  readonly headline: Headline;
  /** In the order that was asked for; those that have not run are not there. */
  readonly values: readonly AtValue[];
  /** By arm, the value that did best on validation, with its headline. */
  readonly best: readonly { readonly arm: string; readonly value: number; readonly mean: number }[];
}

export function sweepResult(sweep: SweepLog): SweepResult {
  const headline = headlineOf(sweep.spec);
  const facts = factsOf(sweep, headline, 0);
  const runs = sweep.values.flatMap((value) => sweep.runs.filter((run) => run.value === value));
  const best = facts.arms.flatMap((arm, index) => {
    const one = bestValue(facts, runs, index, direction(headline));
    return one === null ? [] : [{ arm, value: one.value, mean: one.mean }];
  });
  return { setting: sweep.path, headline, values: sweepSummary(facts, runs), best };
}

function factsOf({ path, spec }: SweepLog, headline: Headline, offset: number): SweepFacts {
  return { path, arms: armNames(spec), headline: (one) => headlineValue(one, headline, offset) };
}

function armNames({ arms }: RunSpec): readonly string[] {
  return arms.map(({ name, kind }) => (name === undefined || name === '' ? kind : name));
}
