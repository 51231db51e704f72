/**
 * metrics.csv: one row for each step and arm. Training columns come from the ring, held-out columns stand where the
 * step was evaluated, always over the same test rows, and the columns of the result, over all test rows, at the last step;
 * they are empty elsewhere. Plain numbers, a point for decimals, RFC 4180.
 */
import { type Evaluation, metricColumns, metricStride } from '../protocol/events.ts';
import { onCurve } from './onCurve.ts';

/** Everything measured in a run, in order of steps. */
export interface RunLog {
  readonly arms: readonly string[];
  /** Rows of `metricStride` numbers, by arm, of steps `steps[i]`. */
  readonly steps: readonly number[];
  readonly values: readonly (readonly Float32Array[])[];
  readonly evaluations: readonly { readonly step: number; readonly arms: readonly Evaluation[] }[];
}

export type Cell = (evaluation: Evaluation) => string;

/** Validation rows are all of them at every step, so that the result has no columns of them. */
export const onValidation: readonly (readonly [string, Cell])[] = [
  ['validationAccuracy', (e) => String(e.validationAccuracy)],
  ['validationLoss', (e) => String(e.language?.validationLoss ?? '')],
];

const measures = [
  'accuracy',
  'agreement',
  'agreementWhereTeacherErrs',
  'divergence',
  'reverseDivergence',
  'calibrationError',
  'calibrationFloor',
  'calibrationGap',
  'entropyGap',
] as const satisfies (keyof Evaluation)[];

/** Of models of language, and empty for others; the loss is told from that of training by its name. */
const ofLanguage = [
  ['heldOutLoss', 'loss'],
  ['perplexity', 'perplexity'],
  ['bitsPerCharacter', 'bitsPerCharacter'],
  ['teacherLoss', 'teacherLoss'],
  ['entropyFloor', 'floor'],
] as const satisfies [string, keyof NonNullable<Evaluation['language']>][];

export const onTest: readonly (readonly [string, Cell])[] = [
  ['evaluatedRows', (e) => String(e.n)],
  ...measures.map((name) => [name, (e: Evaluation) => String(e[name])] as const),
  ['recall', (e) => e.recall.join(' ')],
  ['averageAccuracy', (e) => String(e.average?.accuracy ?? '')],
  ['averageRecall', (e) => e.average?.recall.join(' ') ?? ''],
  ['averageLoss', (e) => String(e.average?.loss ?? '')],
  ...ofLanguage.map(([name, key]) => [name, (e: Evaluation) => String(e.language?.[key] ?? '')] as const),
];

const trained = metricColumns
  .map((name, column) => ({ name, column }))
  .filter(({ name }) => !name.startsWith('free'));

/** Names of all columns, in order. */
export const csvColumns: readonly string[] = [
  'step',
  'arm',
  ...trained.map(({ name }) => name),
  ...[...onTest, ...onValidation].map(([name]) => name),
  ...onTest.map(([name]) => `final${name.charAt(0).toUpperCase()}${name.slice(1)}`),
];

/**
 * `step` counts updates done: the row of step 1 is the first. `recall` holds each class's, separated by spaces. The run is
 * finished at `lastStep`.
 */
export function metricsCsv(log: RunLog, lastStep: number): string {
  const evaluated = new Map(log.evaluations.map(({ step, arms }) => [step, arms]));
  const lines = [csvColumns.join(',')];
  const steps = new Set([...log.steps.map((step) => step + 1), ...evaluated.keys()]);
  const indexOf = new Map(log.steps.map((step, i) => [step + 1, i]));
  for (const step of [...steps].sort((a, b) => a - b)) {
    log.arms.forEach((arm, index) => {
      const values = log.values[indexOf.get(step) ?? -1]?.[index];
      const evaluation = evaluated.get(step)?.[index];
      lines.push(
        [step, quoted(arm), ...trainedCells(values), ...heldOutCells(evaluation, step === lastStep)].join(
          ',',
        ),
      );
    });
  }
  return `${lines.join('\r\n')}\r\n`;
}

function trainedCells(values: Float32Array | undefined): string[] {
  if (values !== undefined && values.length < metricStride)
    throw new RangeError('a row of metrics is too short');
  return trained.map(({ column }) => (values === undefined ? '' : String(values[column] ?? 0)));
}

function heldOutCells(evaluation: Evaluation | undefined, finished: boolean): string[] {
  const cells = (columns: readonly (readonly [string, Cell])[], of: Evaluation | undefined) =>
    columns.map(([, cell]) => (of === undefined ? '' : cell(of)));
  const curve = evaluation === undefined ? undefined : onCurve(evaluation);
  const result = finished ? evaluation : undefined;
  return [...cells([...onTest, ...onValidation], curve), ...cells(onTest, result)];
}

/** A cell of a CSV table. */
export function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
