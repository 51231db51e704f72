/**
 * metrics.csv: one row for each step and arm. Training columns come from the ring, held-out columns stand where the
 * step was evaluated and are empty elsewhere. Plain numbers, a point for decimals, RFC 4180.
 */
import { type Evaluation, metricColumns, metricStride } from '../protocol/events.ts';

/** Everything measured in a run, in order of steps. */
export interface RunLog {
  readonly arms: readonly string[];
  /** Rows of `metricStride` numbers, by arm, of steps `steps[i]`. */
  readonly steps: readonly number[];
  readonly values: readonly (readonly Float32Array[])[];
  readonly evaluations: readonly { readonly step: number; readonly arms: readonly Evaluation[] }[];
}

const heldOut = [
  'accuracy',
  'validationAccuracy',
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
  ['validationLoss', 'validationLoss'],
  ['perplexity', 'perplexity'],
  ['bitsPerCharacter', 'bitsPerCharacter'],
  ['teacherLoss', 'teacherLoss'],
  ['entropyFloor', 'floor'],
] as const satisfies [string, keyof NonNullable<Evaluation['language']>][];

const trained = metricColumns
  .map((name, column) => ({ name, column }))
  .filter(({ name }) => !name.startsWith('free'));

/** Names of all columns, in order. */
export const csvColumns: readonly string[] = [
  'step',
  'arm',
  ...trained.map(({ name }) => name),
  'evaluatedRows',
  ...heldOut,
  'recall',
  ...ofLanguage.map(([name]) => name),
];

/** `step` counts updates done: the row of step 1 is the first. `recall` holds each class's, separated by spaces. */
export function metricsCsv(log: RunLog): string {
  const evaluated = new Map(log.evaluations.map(({ step, arms }) => [step, arms]));
  const lines = [csvColumns.join(',')];
  const steps = new Set([...log.steps.map((step) => step + 1), ...evaluated.keys()]);
  const indexOf = new Map(log.steps.map((step, i) => [step + 1, i]));
  for (const step of [...steps].sort((a, b) => a - b)) {
    log.arms.forEach((arm, index) => {
      const values = log.values[indexOf.get(step) ?? -1]?.[index];
      const evaluation = evaluated.get(step)?.[index];
      lines.push([step, quoted(arm), ...trainedCells(values), ...heldOutCells(evaluation)].join(','));
    });
  }
  return `${lines.join('\r\n')}\r\n`;
}

function trainedCells(values: Float32Array | undefined): string[] {
  if (values !== undefined && values.length < metricStride)
    throw new RangeError('a row of metrics is too short');
  return trained.map(({ column }) => (values === undefined ? '' : String(values[column] ?? 0)));
}

function heldOutCells(evaluation: Evaluation | undefined): string[] {
  if (evaluation === undefined) return ['', ...heldOut.map(() => ''), '', ...ofLanguage.map(() => '')];
  return [
    String(evaluation.n),
    ...heldOut.map((name) => String(evaluation[name])),
    evaluation.recall.join(' '),
    ...ofLanguage.map(([, name]) => String(evaluation.language?.[name] ?? '')),
  ];
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
