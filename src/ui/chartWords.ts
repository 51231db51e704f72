/** Titles, names, looks, number formats and ranges of the charts. */
import { type ChartId, isShare, type Trace } from '../store/curves.ts';
import { type Headline, headlineOf } from '../store/headline.ts';
import type { Run } from '../store/run.ts';
import { armLook, armName, floorLook, type Look, partLook } from './palette.ts';
import { figures, fixed, maybe, percent, type TextKey, t } from './text.ts';

export function chartTitle(chart: ChartId, run: Run): string {
  if (chart !== 'headline') return t(`chart.${chart}` satisfies TextKey);
  const headline = headlineOf(run.spec);
  if (headline.kind !== 'recall') return t('chart.accuracy');
  return t('chart.recall', { name: className(run, headline.label) });
}

/** A share in per cent, a loss in nats. */
export function headlineText(headline: Headline, value: number): string {
  return headline.kind === 'loss' ? t('runs.nats', { nats: figures(value) }) : percent(value);
}

export function className(run: Run, label: number): string {
  return run.facts?.classNames[label] ?? String(label);
}

/** Of a term of the loss, or of the labels; where several arms have terms, also whose. */
function partName(run: Run, { arm, part: at }: Trace): string {
  const { arms, objective } = run.spec;
  const id = (arms[arm]?.objective ?? objective).terms[at - 1]?.id ?? '';
  const part = at < 0 ? t('chart.ofLabels') : (maybe(`loss.${id}`) ?? id.replaceAll('_', ' '));
  const alone = arms.filter(({ kind }) => kind === 'distilled').length < 2;
  return alone ? part : t('chart.ofArm', { arm: armName(arms, arm), part });
}

/** Shares end at 100 and start at a round number; the rest starts at 0 unless it goes below. */
function range(chart: ChartId, run: Run, low: number, high: number): [number, number] {
  if (chart === 'headline' && headlineOf(run.spec).kind === 'recall') return [0, 100];
  if (chart === 'calibrationError') return [0, Math.max(5, high * 1.1)];
  if (isShare(chart)) return [Math.max(0, Math.min(90, Math.floor(low / 10) * 10)), 100];
  if (chart === 'ratio') return [low > 0 ? oneDigit(low / 1.5) : 0.1, high > 0 ? high * 1.5 : 10];
  const pad = (high - low) * 0.06 + 1e-6;
  if (chart === 'languageLoss') return [Math.max(0, low - pad), high + pad];
  return [low < 0 ? low - pad : 0, high + pad];
}

/**
 * The largest number of one digit that is not above it, as .009 for .0098. From any other, uPlot 1.6.32 may step over a power
 * of ten on a logarithmic axis and then never end (`logAxisSplits`).
 */
function oneDigit(value: number): number {
  const power = Math.floor(Math.log10(value));
  return Number(`${Math.max(1, Math.floor(value / 10 ** power))}e${power}`);
}

export function lookOf(run: Run, trace: Trace): Look {
  if (trace.role === 'floor') return floorLook;
  if (trace.role === 'average') return { ...armLook(run.spec.arms, trace.arm), dash: [1, 2] };
  if (trace.part !== 0) return partLook(run.spec.arms, trace.arm, trace.part);
  return armLook(run.spec.arms, trace.arm);
}

/** How a chart draws its lines, whatever it is drawn with. */
export interface HowDrawn {
  readonly look: (trace: Trace) => Look;
  readonly name: (trace: Trace) => string;
  readonly format: (value: number) => string;
  readonly range: (low: number, high: number) => [number, number];
  /** Cut the lines where a live setting changed: values on both sides cannot be compared. */
  readonly cut: boolean;
  /** Leave the first steps out of the picture where they are far above all that follows. */
  readonly settles: boolean;
  /** A logarithmic axis; what is not above 0 is left out. */
  readonly log: boolean;
}

export function drawnAs(chart: ChartId, run: Run): HowDrawn {
  return {
    look: (trace) => lookOf(run, trace),
    name: (trace) => nameOf(run, trace),
    format: (value) => axisText(chart, value),
    range: (low, high) => range(chart, run, low, high),
    cut: ['loss', 'terms', 'labelLoss'].includes(chart),
    settles: !isShare(chart) && chart !== 'headline',
    log: chart === 'ratio',
  };
}

export function averageName(run: Run, arm: number): string {
  return t('arm.average', { name: armName(run.spec.arms, arm) });
}

export function nameOf(run: Run, trace: Trace): string {
  if (trace.role === 'teacher') return t('arm.teacher');
  if (trace.role === 'floor') return t('chart.floor');
  if (trace.role === 'average') return averageName(run, trace.arm);
  if (trace.part !== 0) return partName(run, trace);
  return armName(run.spec.arms, trace.arm);
}

const compact = new Intl.NumberFormat('en', { notation: 'compact' });

/** As short as an axis has room for. */
function axisText(chart: ChartId, value: number): string {
  return Math.abs(value) < 1e4 ? formatOf(chart, value) : compact.format(value);
}

export function formatOf(chart: ChartId, value: number): string {
  return isShare(chart) ? `${fixed(value, Number.isInteger(value) ? 0 : 1)} %` : figures(value);
}
