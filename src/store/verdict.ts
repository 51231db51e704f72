/**
 * Did distillation help, by how much, and how sure is that? From a run's evaluations (one seed: paired errors) or its
 * replicates (t-intervals over seeds). Numbers only: the words are the page's. It never says "significant".
 */
import type { Evaluation, RunFacts } from '../protocol/events.ts';
import {
  clusteredStandardError,
  type Interval,
  mean,
  normalInterval,
  pairedStandardError,
  ratioOfMeans,
  seedInterval,
  wilsonInterval,
} from '../sharing/statistics.ts';
import type { ArmKind } from '../spec/runSpec.ts';
import {
  averageValue,
  direction,
  type Headline,
  headlineOf,
  headlineRows,
  headlineValue,
  teacherHeadline,
  validationOf,
} from './headline.ts';
import type { Run } from './run.ts';
import type { Replicate, RunLog } from './runLog.ts';

/** A difference of two arms, in shares (.242 is 24.2 points), or in nats a token, where less is better. */
export interface Difference {
  readonly value: number;
  readonly interval: Interval | null;
  /** True where the interval is wholly above or wholly below 0. */
  readonly shown: boolean;
}

export interface ArmScore {
  readonly arm: number;
  readonly kind: ArmKind;
  readonly value: number;
  readonly interval: Interval | null;
  /** The evaluation that validation would have chosen, where it is not the last. */
  readonly best: { readonly step: number; readonly value: number } | null;
  /** Of the averaged copy that teaches the arm; null where it keeps none, or an offset is looked at. */
  readonly average: number | null;
}

export interface Rival {
  readonly arm: number;
  readonly against: number;
  readonly difference: Difference;
}

export interface Verdict {
  readonly headline: Headline;
  /** `run`: one seed, paired errors. `seeds`: t-intervals over replicates. */
  readonly basis: 'run' | 'seeds';
  readonly seeds: number;
  /** Seeds in which the distilled arm ended better than labels. */
  readonly wins: number;
  readonly step: number;
  readonly scores: readonly ArmScore[];
  readonly teacher: number | null;
  /** distilled − labels, hard answers − labels, distilled − hard answers; null where an arm is missing. */
  readonly total: Difference | null;
  readonly fromAnswers: Difference | null;
  readonly fromSoftness: Difference | null;
  /** Further arms that learn from the teacher: each against labels, and against the first of them. */
  readonly rivals: readonly Rival[];
  /** (distilled − labels)/(teacher − labels), over seeds. */
  readonly gapRecovered: { readonly value: number; readonly interval: Interval } | null;
  /** (distilled − hard answers)/(distilled − labels), over seeds. */
  readonly softShare: { readonly value: number; readonly interval: Interval } | null;
}

/**
 * Null before the first evaluation. `offset` is added to the logits of left-out classes. `at`: the step that a recording shows,
 * where that is not its end.
 */
export function verdictOf(facts: RunFacts, log: RunLog, offset: number, at?: number): Verdict | null {
  const headline = headlineOf(facts.spec);
  const finished = log.replicates.filter((replicate) => replicate.finished);
  if (finished.length < 2) return overOneRun(facts, headline, log, offset);
  if (at === undefined || at >= facts.spec.training.steps)
    return overSeeds(facts, headline, atTheEnd(finished, headline, offset));
  const then = offset > 0 ? null : underway(finished, at);
  return then === null ? overOneRun(facts, headline, log, offset) : overSeeds(facts, headline, then);
}

/** Where a recording is, whose seeds are known all along its way; a run's own step says nothing of its seeds. */
export function stepOfRecording(run: Run | null): number | undefined {
  return run?.origin === 'recording' ? run.step : undefined;
}

/** What the seeds came to by a step: of an arm the headline of each, and that of its averaged copy. */
interface Seeds {
  readonly step: number;
  readonly count: number;
  readonly valuesOf: (arm: number) => number[];
  readonly averageOf: (arm: number) => number | null;
}

function atTheEnd(replicates: readonly Replicate[], headline: Headline, offset: number): Seeds {
  const count = replicates.length;
  return {
    ...{ step: replicates[0]?.total ?? 0, count },
    valuesOf: (arm) =>
      replicates.map(({ arms }) => {
        const evaluation = arms[arm];
        return evaluation === undefined ? Number.NaN : headlineValue(evaluation, headline, offset);
      }),
    averageOf: (arm) => {
      const copies = replicates.flatMap(({ arms }) => {
        const evaluation = arms[arm];
        return evaluation === undefined ? [] : (averageValue(evaluation, headline) ?? []);
      });
      return offset > 0 || copies.length < count ? null : mean(copies);
    },
  };
}

/** From their curves; null before the first point of all. */
function underway(replicates: readonly Replicate[], at: number): Seeds | null {
  const points = replicates.map(({ steps }) => steps.findLastIndex((step) => step <= at));
  if (points.some((point) => point < 0)) return null;
  const step = Math.min(...replicates.map(({ steps }, i) => steps[points[i] ?? 0] ?? 0));
  return {
    ...{ step, count: replicates.length, averageOf: () => null },
    valuesOf: (arm) => replicates.map(({ curves }, i) => curves[arm]?.[points[i] ?? 0] ?? Number.NaN),
  };
}

function overOneRun(facts: RunFacts, headline: Headline, log: RunLog, offset: number): Verdict | null {
  const last = log.last;
  if (last === undefined) return null;
  const scores = last.arms.map((evaluation, arm): ArmScore => {
    const value = headlineValue(evaluation, headline, offset);
    return {
      arm,
      kind: facts.arms[arm]?.spec.kind ?? 'labels',
      value,
      interval: ownInterval(headline, evaluation, value),
      best: bestOf(log, arm, headline, offset),
      average: offset > 0 ? null : averageValue(evaluation, headline),
    };
  });
  const between = (a: number, b: number): Difference | null => {
    const [one, two] = [last.arms[a], last.arms[b]];
    if (one === undefined || two === undefined) return null;
    const value = headlineValue(one, headline, offset) - headlineValue(two, headline, offset);
    return difference(value, pairedInterval(facts, headline, one, two, value, offset));
  };
  const compare = (first: ArmKind, second: ArmKind) => between(armOf(facts, first), armOf(facts, second));
  return {
    headline,
    basis: 'run',
    seeds: 1,
    wins: 0,
    step: last.step,
    scores,
    teacher: teacherHeadline(facts.teacher, headline),
    total: compare('distilled', 'labels'),
    fromAnswers: compare('hard', 'labels'),
    fromSoftness: compare('distilled', 'hard'),
    rivals: rivalsOf(facts, between),
    gapRecovered: null,
    softShare: null,
  };
}

function overSeeds(
  facts: RunFacts,
  headline: Headline,
  { step, count, valuesOf, averageOf }: Seeds,
): Verdict {
  const scores = facts.arms.map((fact, arm): ArmScore => {
    const values = valuesOf(arm);
    const interval = seedInterval(values);
    return { arm, kind: fact.spec.kind, value: mean(values), interval, best: null, average: averageOf(arm) };
  });
  const apart = (a: number, b: number): number[] | null => {
    if (a < 0 || b < 0) return null;
    const [one, two] = [valuesOf(a), valuesOf(b)];
    return one.map((value, seed) => value - (two[seed] ?? Number.NaN));
  };
  const gaps = (first: ArmKind, second: ArmKind) => apart(armOf(facts, first), armOf(facts, second));
  const compare = (values: number[] | null) =>
    values === null ? null : difference(mean(values), seedInterval(values));
  const total = gaps('distilled', 'labels');
  const soft = gaps('distilled', 'hard');
  const teacher = teacherHeadline(facts.teacher, headline);
  const labels = valuesOf(armOf(facts, 'labels'));
  return {
    headline,
    basis: 'seeds',
    seeds: count,
    wins: total?.filter((value) => value * direction(headline) > 0).length ?? 0,
    step,
    scores,
    teacher,
    total: compare(total),
    fromAnswers: compare(gaps('hard', 'labels')),
    fromSoftness: compare(soft),
    rivals: rivalsOf(facts, (a, b) => compare(apart(a, b))),
    gapRecovered:
      total === null || teacher === null
        ? null
        : ratioOfMeans(
            total,
            labels.map((value) => teacher - value),
          ),
    softShare: total === null || soft === null ? null : ratioOfMeans(soft, total),
  };
}

function rivalsOf(facts: RunFacts, between: (a: number, b: number) => Difference | null): readonly Rival[] {
  const first = armOf(facts, 'distilled');
  return facts.arms.flatMap(({ spec }, arm) => {
    if (spec.kind !== 'distilled' || arm === first) return [];
    return [armOf(facts, 'labels'), first].flatMap((against): Rival[] => {
      const found = between(arm, against);
      return found === null ? [] : [{ arm, against, difference: found }];
    });
  });
}

export function armOf(facts: RunFacts, kind: ArmKind): number {
  return facts.arms.findIndex((arm) => arm.spec.kind === kind);
}

function difference(value: number, interval: Interval | null): Difference {
  // An interval of no numbers is clear of nothing.
  const shown = interval !== null && (interval.low > 0 || interval.high < 0);
  return { value, interval, shown };
}

function ownInterval(headline: Headline, evaluation: Evaluation, value: number): Interval | null {
  const n = headlineRows(evaluation, headline);
  if (headline.kind !== 'loss') return wilsonInterval(value * n, n);
  const texts = evaluation.language?.texts;
  const error = texts === undefined ? Number.NaN : clusteredStandardError(texts.losses, texts.tokens);
  return Number.isNaN(error) ? null : normalInterval(value, error);
}

/** Text by text, over the same texts. */
function pairedTexts(one: Evaluation, two: Evaluation, value: number): Interval | null {
  const [a, b] = [one.language?.texts, two.language?.texts];
  if (a === undefined || b === undefined || a.losses.length !== b.losses.length) return null;
  const differences = a.losses.map((loss, text) => loss - (b.losses[text] ?? 0));
  const error = clusteredStandardError(differences, a.tokens);
  return Number.isNaN(error) ? null : normalInterval(value, error);
}

/** Row by row where both arms' answers are known and no offset moves them; else as two independent shares. */
function pairedInterval(
  facts: RunFacts,
  headline: Headline,
  one: Evaluation,
  two: Evaluation,
  value: number,
  offset: number,
): Interval | null {
  if (headline.kind === 'loss') return pairedTexts(one, two, value);
  const labels = facts.testLabels;
  const paired = offset === 0 && one.correct.length > 0 && one.correct.length === two.correct.length;
  if (paired && (headline.kind === 'accuracy' || labels !== undefined)) {
    let [n, onlyOne, onlyTwo] = [0, 0, 0];
    for (let row = 0; row < one.correct.length; row++) {
      if (headline.kind === 'recall' && labels?.[row] !== headline.label) continue;
      n += 1;
      const gap = (one.correct[row] ?? 0) - (two.correct[row] ?? 0);
      if (gap > 0) onlyOne += 1;
      if (gap < 0) onlyTwo += 1;
    }
    return normalInterval(value, pairedStandardError(onlyOne, onlyTwo, n));
  }
  const variance = [one, two].reduce((sum, evaluation) => {
    const share = headlineValue(evaluation, headline, offset);
    return sum + (share * (1 - share)) / Math.max(1, headlineRows(evaluation, headline));
  }, 0);
  return normalInterval(value, Math.sqrt(variance));
}

/** The evaluation of the run itself that validation would have chosen; null where that is the last, or there is none. */
export function bestOf(log: RunLog, arm: number, headline: Headline, offset: number): ArmScore['best'] {
  let best: { step: number; value: number; validation: number } | null = null;
  for (const { step, arms } of log.evaluations) {
    const evaluation = arms[arm];
    if (evaluation === undefined) continue;
    const validation = validationOf(evaluation, headline);
    if (Number.isNaN(validation) || (best !== null && validation <= best.validation)) continue;
    best = { step, value: headlineValue(evaluation, headline, offset), validation };
  }
  return best === null || best.step === log.last?.step ? null : { step: best.step, value: best.value };
}
