/**
 * From a run's log to lines that can be drawn: which traces a chart has, with their points. No colours, no pixels.
 * Comparison curves are always the held-out measures at T = 1, over the same rows at every step; the training terms are
 * charts of their own.
 */
import type { Evaluation, MetricColumn } from '../protocol/events.ts';
import { onCurve } from '../sharing/onCurve.ts';
import type { ArmKind } from '../spec/runSpec.ts';
import { averageValue, type Headline, headlineOf, headlineValue, teacherHeadline } from './headline.ts';
import type { Run } from './run.ts';
import type { Replicate } from './runLog.ts';
import { bestOf } from './verdict.ts';

export type ChartId =
  | 'headline'
  | 'languageLoss'
  | 'accuracy'
  | 'agreement'
  | 'divergence'
  | 'reverseDivergence'
  | 'calibrationError'
  | 'entropyGap'
  | 'loss'
  | 'labelLoss'
  | 'terms'
  | 'gradients'
  | 'ratio';

export interface Trace {
  readonly role: 'arm' | 'average' | 'seed' | 'teacher' | 'floor' | 'ghost';
  /** Index of the arm; −1 for the teacher and the floor. */
  readonly arm: number;
  readonly kind: ArmKind | 'teacher';
  /** Which of several lines of one arm: the number of a term of its loss, from 1; −1 for its labels; else 0. */
  readonly part: number;
  /** The run's name, for a ghost. */
  readonly runName: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface ChartData {
  readonly traces: readonly Trace[];
  readonly lastStep: number;
  /** Steps at which a live setting changed, with what changed. */
  readonly ticks: readonly { readonly step: number; readonly path: string; readonly value: number }[];
  /** Best steps of the run itself, not of its repetitions, chosen on validation and drawn hollow. */
  readonly best: readonly { readonly arm: number; readonly step: number; readonly value: number }[];
}

const measures: Partial<Record<ChartId, (evaluation: Evaluation) => number>> = {
  accuracy: (e) => e.accuracy,
  agreement: (e) => e.agreement,
  divergence: (e) => e.divergence,
  reverseDivergence: (e) => e.reverseDivergence,
  calibrationError: (e) => e.calibrationError,
  entropyGap: (e) => e.entropyGap,
};

/** Shares are drawn in per cent; the others in nats or as they are. */
export function isShare(chart: ChartId): boolean {
  return (
    chart === 'headline' || chart === 'accuracy' || chart === 'agreement' || chart === 'calibrationError'
  );
}

export function chartData(chart: ChartId, run: Run, ghosts: readonly Run[], offset: number): ChartData {
  const scale = isShare(chart) ? 100 : 1;
  const own = tracesOf(chart, run, offset);
  const old = ghosts.flatMap((ghost) =>
    tracesOf(chart, ghost, offset)
      .filter((trace) => trace.role === 'arm' && trace.kind !== 'labels' && trace.kind !== 'smoothed')
      .map((trace): Trace => ({ ...trace, role: 'ghost', runName: ghost.name })),
  );
  const teacher = [...teacherTrace(chart, run), ...floorTrace(chart, run)];
  const traces = [...old, ...own, ...teacher].map((trace) => ({
    ...trace,
    y: trace.y.map((value) => value * scale),
  }));
  return {
    traces,
    lastStep: run.spec.training.steps,
    ticks: run.log.events,
    best: chart === 'headline' || chart === 'languageLoss' ? bestSteps(run, offset, scale) : [],
  };
}

function tracesOf(chart: ChartId, run: Run, offset: number): readonly Trace[] {
  if (chart === 'headline' || chart === 'languageLoss') return headlineTraces(run, offset);
  const measure = measures[chart];
  if (measure !== undefined) {
    const own = run.spec.arms.map((_, arm) => evaluated(run, arm, measure));
    return chart === 'accuracy' ? [...own, ...averageTraces(run, { kind: 'accuracy' })] : own;
  }
  return rowTraces(chart, run);
}

/** One thin line per seed and their mean where a run was repeated; else the run's own evaluations. */
function headlineTraces(run: Run, offset: number): readonly Trace[] {
  const headline = headlineOf(run.spec);
  const replicates = offset > 0 ? [] : run.log.replicates.filter((one) => one.steps.length > 0);
  if (replicates.length === 0) {
    const own = run.spec.arms.map((_, arm) => evaluated(run, arm, (e) => headlineValue(e, headline, offset)));
    return offset > 0 ? own : [...own, ...averageTraces(run, headline)];
  }
  const until = run.origin === 'recording' ? run.step : Number.POSITIVE_INFINITY;
  return run.spec.arms.flatMap((_, arm): readonly Trace[] => {
    const lines = (of: (one: Replicate) => readonly number[] | undefined) =>
      replicates.map((one): Trace => {
        const shown = one.steps.filter((step) => step <= until).length;
        return trace(run, arm, 'seed', one.steps.slice(0, shown), (of(one) ?? []).slice(0, shown));
      });
    const seeds = lines((one) => one.curves[arm]);
    const copies = lines((one) => one.averages?.[arm]);
    const copied = copies.some(({ y }) => y.length > 0);
    return [
      ...(seeds.length > 1 ? seeds : []),
      meanOf(run, arm, 'arm', seeds),
      ...(copied ? [meanOf(run, arm, 'average', copies)] : []),
    ];
  });
}

/** Over the seeds that have come as far as the first. */
function meanOf(run: Run, arm: number, role: Trace['role'], seeds: readonly Trace[]): Trace {
  const whole = seeds.filter((seed) => seed.x.length === seeds[0]?.x.length);
  const x = seeds[0]?.x ?? [];
  const y = x.map((_, at) => whole.reduce((sum, seed) => sum + (seed.y[at] ?? 0), 0) / whole.length);
  return trace(run, arm, role, x, y);
}

/** A line for each arm that an averaged copy of itself teaches: how well the copy does. */
function averageTraces(run: Run, headline: Headline): readonly Trace[] {
  return run.spec.arms.flatMap((_, arm): readonly Trace[] => {
    const copy = evaluated(run, arm, (e) => averageValue(e, headline) ?? Number.NaN);
    return copy.y.some(Number.isFinite) ? [{ ...copy, role: 'average' }] : [];
  });
}

function evaluated(run: Run, arm: number, measure: (evaluation: Evaluation) => number): Trace {
  const known = run.log.evaluations.filter((one) => one.arms[arm] !== undefined);
  const x = known.map((one) => one.step);
  const y = known.map((one) => {
    const evaluation = one.arms[arm];
    return evaluation === undefined ? Number.NaN : measure(onCurve(evaluation));
  });
  return trace(run, arm, 'arm', x, y);
}

function rowTraces(chart: ChartId, run: Run): readonly Trace[] {
  const { rows } = run.log;
  const x = Array.from(rows.steps);
  return run.spec.arms.flatMap((spec, arm): readonly Trace[] => {
    const column = (name: MetricColumn) => Array.from(rows.column(arm, name));
    const line = (y: readonly number[], part = 0) => ({ ...trace(run, arm, 'arm', x, y), part });
    const terms = (spec.objective ?? run.spec.objective).terms;
    const learnsFromTeacher = spec.kind === 'distilled';
    switch (chart) {
      case 'loss':
        return [line(column('loss'))];
      case 'labelLoss':
        return [line(column('labelLoss'))];
      case 'terms':
        return learnsFromTeacher
          ? terms.map((_, at) => line(column(termColumns[at] ?? 'term0'), at + 1))
          : [];
      case 'gradients':
        return learnsFromTeacher
          ? [
              line(column('labelGradient2').map(Math.sqrt), -1),
              ...terms.map((_, at) =>
                line(column(gradientColumns[at] ?? 'termGradient2_0').map(Math.sqrt), at + 1),
              ),
            ]
          : [];
      case 'ratio':
        return learnsFromTeacher
          ? [line(gradientRatio(column('labelGradient2'), column('termGradient2_0')))]
          : [];
      default:
        return [];
    }
  });
}

const termColumns: readonly MetricColumn[] = ['term0', 'term1', 'term2', 'term3'];
const gradientColumns: readonly MetricColumn[] = [
  'termGradient2_0',
  'termGradient2_1',
  'termGradient2_2',
  'termGradient2_3',
];

/** Gradient norm of the first divergence over that of the labels, at the logits; NaN where there is no label. */
function gradientRatio(labels: readonly number[], term: readonly number[]): number[] {
  return labels.map((square, row) => (square > 0 ? Math.sqrt((term[row] ?? 0) / square) : Number.NaN));
}

function trace(
  run: Run,
  arm: number,
  role: Trace['role'],
  x: readonly number[],
  y: readonly number[],
): Trace {
  return { role, arm, kind: run.spec.arms[arm]?.kind ?? 'labels', part: 0, runName: '', x, y };
}

function teacherTrace(chart: ChartId, run: Run): readonly Trace[] {
  if (run.facts === null || !['headline', 'languageLoss', 'accuracy'].includes(chart)) return [];
  const headline = chart === 'accuracy' ? ({ kind: 'accuracy' } as const) : headlineOf(run.spec);
  const known = teacherHeadline(run.facts.teacher, headline);
  if (known === null) return [];
  const value = headline.kind === 'loss' ? (lossesOf(run)?.teacherLoss ?? known) : known;
  const x = [0, run.spec.training.steps];
  return [{ ...trace(run, -1, 'teacher', x, [value, value]), kind: 'teacher' }];
}

/** What the curves' own texts tell of the teacher and the source, which all texts together would put elsewhere. */
function lossesOf(run: Run): Evaluation['language'] {
  const known = run.log.last?.arms[0];
  return known === undefined ? undefined : onCurve(known).language;
}

/** The true entropy of the source: no model of it is surprised by less. */
function floorTrace(chart: ChartId, run: Run): readonly Trace[] {
  const floor = lossesOf(run)?.floor ?? run.facts?.teacher.language?.floor ?? null;
  if (chart !== 'languageLoss' || floor === null) return [];
  return [
    { ...trace(run, -1, 'floor', [0, run.spec.training.steps], [floor, floor]), kind: 'teacher', part: 1 },
  ];
}

function bestSteps(run: Run, offset: number, scale: number): ChartData['best'] {
  const headline = headlineOf(run.spec);
  return run.spec.arms.flatMap((_, arm) => {
    const best = bestOf(run.log, arm, headline, offset);
    return best === null ? [] : [{ arm, step: best.step, value: best.value * scale }];
  });
}
