/** The command line of `loss` and its input: texts in, a checked question out. It computes nothing and reads no file. */
import * as v from 'valibot';
import { findToolkit, type Toolkit, toolkitIds } from '../losses/conventions.ts';
import type { CheckedLoss } from '../protocol/checks.ts';
import { StillroomError } from '../spec/errors.ts';
import { gotOf, wantedOf } from '../spec/fields.ts';
import { formulaRange } from '../spec/formulaRanges.ts';
import { limits } from '../spec/limits.ts';
import { type ParameterName, parameterNames, termLoss, termLossIds } from '../spec/terms.ts';
import { numberOption, readArguments, wrongOption as wrong } from './commandLine.ts';

export interface LossQuestion {
  readonly id: string;
  readonly formula: string | null;
  /** Null where none was given: 1, or what the toolkit takes. */
  readonly temperature: number | null;
  readonly scaleByT2: boolean;
  readonly parameters: Readonly<Partial<Record<ParameterName, number>>>;
  /** Parameters of a formula, by name. */
  readonly values: Readonly<Record<string, number>>;
  readonly toolkit: Toolkit | null;
  /** Rows follow each other in a text: row t is held against label and mask of row t + 1, where the toolkit does so. */
  readonly causal: boolean;
}

/** Rows of logits as they were given; a teacher's −∞ is written null. */
export interface LossRows {
  readonly classes: number;
  readonly student: readonly (readonly number[])[];
  readonly teacher: readonly (readonly number[])[];
  /** −1 where a row has none. */
  readonly labels: readonly number[];
  readonly mask: readonly boolean[];
}

export const lossUsage = `Value and gradient of a loss on your own logits, from the float64 reference and from the GPU.

  npm run loss -- forward_kl --temperature 4 --as trl < rows.json
  npm run loss -- jsd --beta .3 < rows.json
  npm run loss -- formula --formula 'sum(p * log(p / q))' < rows.json
  npm run -s loss -- forward_kl < rows.json | …      without npm's own two lines

  --temperature T  (1 unless told)  --scale-by-t2  ${parameterNames.map((name) => `--${name} N`).join('  ')}
  --set name=value   a parameter of a formula, any number of times
  --as ${toolkitIds.join('|')}   compute it as that toolkit does, at its own
                     temperature unless --temperature is given; what changes is said on stderr
  --causal           rows follow each other in a text: row t is held against label and mask of row t + 1, except where
                     the toolkit of --as does not do so
  --check            reads no rows: what the page's checks find of the loss (finite on hard logits, gradient of the GPU and
                     by differences, value at the teacher, cost), exit status 1 where one fails
  --list             the losses and their parameters, formula beside them

In:  {"student": [[…]], "teacher": [[…]], "labels": […], "mask": […]}; labels and mask may be left out, a label of −100
     masks its row, null among the teacher's logits is −∞.
Out: {"reference": {"loss": …, "rows": […], "gradient": [[…]]}, "gpu": {…}}. The loss is the mean over the rows that are not
     masked, unless --as says otherwise; the gradient is that of the loss, by the student's logits.`;

export type LossRequest =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | { readonly kind: 'check'; readonly loss: CheckedLoss }
  | { readonly kind: 'question'; readonly question: LossQuestion };

/** Errors: `option`. */
export function readLossOptions(args: readonly string[]): LossRequest {
  const { values, positionals } = parse(args);
  if (values['help'] === true) return { kind: 'help' };
  if (values['list'] === true) return { kind: 'list' };
  const [id = '', ...rest] = positionals;
  if (rest.length > 0) throw wrong('The command line', rest.join(' '), 'one loss');
  if (id !== 'formula' && termLoss(id) === undefined)
    throw wrong('The loss', id, `${termLossIds.join(', ')}, or formula`);
  const formula = text(values['formula']);
  if ((id === 'formula') !== (formula !== null))
    throw wrong('The formula', formula ?? '', 'formula --formula "sum(p * log(p / q))"');
  const parameters = parametersFrom(id, values);
  const own = formulaValues(formula, values['set']);
  if (values['check'] === true) {
    const stray = unchecked.find((option) => values[option] !== undefined);
    if (stray !== undefined) throw wrong(`--${stray}`, 'it beside --check', 'one of the two');
    const all = formula === null ? { parameters } : { parameters: own, formula };
    return { kind: 'check', loss: { id, ...all } };
  }
  const name = text(values['as']);
  const toolkit = name === null ? null : (findToolkit(name) ?? null);
  if (name !== null && toolkit === null) throw wrong('--as', name, toolkitIds.join(', '));
  const warmth = text(values['temperature']);
  const temperature = warmth === null ? null : numberOption('--temperature', warmth);
  const { min, max } = limits.temperature;
  if (temperature !== null && (temperature < min || temperature > max))
    throw wrong('--temperature', String(temperature), `${min} to ${max}`);
  return {
    kind: 'question',
    question: {
      id,
      formula,
      temperature,
      scaleByT2: values['scale-by-t2'] === true,
      parameters,
      values: own,
      toolkit,
      causal: values['causal'] === true,
    },
  };
}

/** Say how rows are taken, of which checks have their own. */
const unchecked = ['as', 'temperature', 'scale-by-t2', 'causal'] as const;

function parse(args: readonly string[]) {
  const asText = { type: 'string' } as const;
  const asFlag = { type: 'boolean' } as const;
  const named = Object.fromEntries(parameterNames.map((name) => [name, asText]));
  return readArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      ...named,
      temperature: asText,
      formula: asText,
      as: asText,
      set: { type: 'string', multiple: true },
      'scale-by-t2': asFlag,
      causal: asFlag,
      list: asFlag,
      check: asFlag,
      help: { ...asFlag, short: 'h' },
    },
  });
}

function parametersFrom(
  id: string,
  values: Readonly<Record<string, unknown>>,
): Readonly<Partial<Record<ParameterName, number>>> {
  const known = termLoss(id)?.parameters ?? [];
  const found: Partial<Record<ParameterName, number>> = {};
  for (const name of parameterNames) {
    const given = text(values[name]);
    if (given === null) continue;
    const range = known.find((parameter) => parameter.name === name);
    const value = numberOption(`--${name}`, given);
    if (range === undefined)
      throw wrong(
        `--${name}`,
        given,
        `for ${id}: ${known.map((one) => one.name).join(', ') || 'no parameter'}`,
      );
    if (value < range.min || value > range.max)
      throw wrong(`--${name}`, given, `${range.min} to ${range.max}`);
    found[name] = value;
  }
  return found;
}

/** Errors: `option` where the formula declares no such parameter, or it is out of its range. */
function formulaValues(formula: string | null, given: unknown): Readonly<Record<string, number>> {
  const all = Array.isArray(given) ? given.map(String) : [];
  return Object.fromEntries(
    all.map((one): [string, number] => {
      const [name = '', text] = one.split('=');
      const value = numberOption(`--set ${name}`, text ?? '');
      const range = formula === null ? undefined : formulaRange(formula, name);
      if (range === undefined)
        throw wrong(`--set ${name}`, one, 'a parameter that the formula declares: param beta = 0.5 in 0..1');
      if (value < range.min || value > range.max)
        throw wrong(`--set ${name}`, String(value), `${range.min} to ${range.max}`);
      return [name, value];
    }),
  );
}

/** Of float32. */
const largest = 3.4e38;
const held = `a number that float32 holds, at most ${largest}`;
const logit = v.pipe(
  v.number(),
  v.finite('a finite number'),
  v.minValue(-largest, held),
  v.maxValue(largest, held),
);
const row = v.array(v.nullable(logit));
const inputSchema = v.strictObject({
  student: v.array(v.array(logit)),
  teacher: v.array(row),
  labels: v.optional(v.array(v.pipe(v.number(), v.integer()))),
  mask: v.optional(v.array(v.union([v.boolean(), v.picklist([0, 1])]))),
});

/** Errors: `loss-input`. */
export function readLossRows(json: string): LossRows {
  let input: unknown;
  try {
    input = JSON.parse(json);
  } catch (cause) {
    throw badInput(
      'is no JSON',
      cause instanceof Error ? cause.message : String(cause),
      '{"student": [[…]], …}',
    );
  }
  const result = v.safeParse(inputSchema, input);
  if (!result.success) {
    const [issue] = result.issues;
    throw badInput(`is wrong at ${v.getDotPath(issue) ?? 'its top level'}`, gotOf(issue), wantedOf(issue));
  }
  const { student, teacher, labels, mask } = result.output;
  const classes = student[0]?.length ?? 0;
  if (classes < 2) throw badInput('has too few classes', String(classes), 'at least 2 logits a row');
  for (const [name, rows] of [
    ['student', student],
    ['teacher', teacher],
  ] as const) {
    if (rows.length !== student.length)
      throw badInput(`has ${rows.length} rows of ${name}`, '', String(student.length));
    rows.forEach((one, r) => {
      if (one.length !== classes)
        throw badInput(`has ${one.length} logits at ${name}.${r}`, '', String(classes));
      if (one.every((value) => value === null))
        throw badInput(
          `has a row without any class at ${name}.${r}`,
          'null alone',
          'a finite logit at least',
        );
    });
  }
  for (const [name, list] of [
    ['labels', labels],
    ['mask', mask],
  ] as const)
    if (list !== undefined && list.length !== student.length)
      throw badInput(`has ${list.length} ${name}`, '', `${student.length}, one a row`);
  const ignored = -100;
  labels?.forEach((label, r) => {
    if (label !== ignored && (label < 0 || label >= classes))
      throw badInput(
        `has a label past the classes at labels.${r}`,
        String(label),
        `0 to ${classes - 1}, or −100`,
      );
  });
  return {
    classes,
    student,
    teacher: teacher.map((one) => one.map((value) => value ?? Number.NEGATIVE_INFINITY)),
    labels: student.map((_, r) => Math.max(-1, labels?.[r] ?? -1)),
    mask: student.map((_, r) => Boolean(mask?.[r] ?? 1) && labels?.[r] !== ignored),
  };
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function badInput(problem: string, got: string, wanted: string): StillroomError {
  return new StillroomError({
    code: 'loss-input',
    problem: `The input ${problem}`,
    ...(got === '' ? {} : { got }),
    wanted,
    remedy: 'Correct it; --help has an example',
  });
}
