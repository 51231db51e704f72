/**
 * An axis of a sweep: one numeric setting of a specification, by its path, and the values that it takes in turn. Pure; each
 * value is validated with the whole specification before anything runs.
 */
import { StillroomError } from './errors.ts';
import { liveRange } from './live.ts';
import type { RunSpec } from './runSpec.ts';
import { settingAt, withSetting } from './settings.ts';

export interface Axis {
  readonly path: string;
  /** In the order in which they run. */
  readonly values: readonly number[];
}

/** Values of one axis. */
const fewest = 2;
const most = 16;

const numberText = String.raw`[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?`;
const listPattern = new RegExp(`^${numberText}$`);
const rangePattern = new RegExp(
  String.raw`^(${numberText})\s*\.\.\s*(${numberText})(?:\s+by\s+(${numberText}))?$`,
);

/** `path=values`. Errors: those of `readValues`. */
export function readAxis(text: string): Axis {
  const [, path = '', values = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  return { path, values: readValues(path, values) };
}

/** `1,2,4`, or `0..1 by .25`, or `1..5` in steps of 1. Errors: `sweep-values`. */
export function readValues(path: string, text: string): readonly number[] {
  const trimmed = text.trim();
  const [whole, first, last, step = '1'] = rangePattern.exec(trimmed) ?? [];
  if (whole !== undefined) return checkValues(path, rangeOf(path, text, [first, last, step].map(Number)));
  const items = trimmed.split(',').map((item) => item.trim());
  if (!items.every((item) => listPattern.test(item))) throw wrongValues(path, text);
  return checkValues(path, items.map(Number));
}

function rangeOf(path: string, text: string, [first = 0, last = 0, step = 0]: readonly number[]): number[] {
  const count = Math.floor((last - first) / step + 1e-9) + 1;
  if (!(step > 0) || !(count >= 1)) throw wrongValues(path, text);
  // One more than allowed is enough to be refused.
  const length = Math.min(count, most + 1);
  return Array.from({ length }, (_, i) => Number((first + i * step).toPrecision(12)));
}

/** Errors: `sweep-values`. */
function checkValues(path: string, values: readonly number[]): readonly number[] {
  if (values.length > most) throw wrongValues(path, `more than ${most} values`);
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) throw wrongValues(path, `${twice} twice`);
  if (values.length < fewest) throw wrongValues(path, values.length === 0 ? 'nothing' : 'one value');
  return values;
}

function wrongValues(path: string, got: string): StillroomError {
  return new StillroomError({
    code: 'sweep-values',
    problem: `The values of ${path === '' ? 'a setting without a name' : path} cannot be swept`,
    got: got === '' ? 'nothing' : got,
    wanted: `${fewest} to ${most} different numbers, such as 1,2,4 or 0..1 by .25`,
    remedy: 'Write the values as a list or as a range',
    control: path,
  });
}

/**
 * The specification at each value of the axis. Errors: `sweep-values`, `sweep-setting` where the setting is none that a sweep
 * could be over, `sweep-value` where the specification refuses a value.
 */
export function sweptSpecs(spec: RunSpec, axis: Axis): readonly RunSpec[] {
  return checkValues(axis.path, axis.values).map((value) => withSwept(spec, axis.path, value));
}

/** The specification at one value, which holds from the first step to the last. Errors: as of `sweptSpecs`. */
export function withSwept(spec: RunSpec, path: string, value: number): RunSpec {
  checkPath(spec, path);
  const range = liveRange(path, spec);
  if (range !== undefined && !(value >= range.min && value <= range.max))
    throw refused(path, value, `${range.min} to ${range.max}`);
  const now = settingAt(spec, path);
  const events = spec.events.filter((event) => event.path !== path);
  try {
    return withSetting({ ...spec, events }, path, Array.isArray(now) ? now.map(() => value) : value);
  } catch (error) {
    if (!(error instanceof StillroomError) || error.code === 'no-such-setting') throw error;
    const { problem, wanted, control } = error.detail;
    const elsewhere = control === path || control === undefined ? '' : `${problem}: `;
    throw refused(path, value, `${elsewhere}${wanted ?? 'another value'}`, error);
  }
}

/** Settings that are numbers and still no axes. */
const noAxes: ReadonlyMap<string, string> = new Map([
  ['seed', 'Seeds are what every value is run under'],
  ['schema', 'It is the form of the specification'],
  ['evaluation.offset', 'It is how a run is looked at, and trains nothing'],
]);

function checkPath(spec: RunSpec, path: string): void {
  const why = noAxes.get(path) ?? (/^events\b/.test(path) ? 'Events are of single steps' : undefined);
  if (why !== undefined) throw noAxis(path, why);
  const now = settingAt(spec, path);
  const list = Array.isArray(now) && now.length > 0 && now.every((item) => typeof item === 'number');
  // What is not there yet may be left to the specification, but for parameters, of which it does not know the names.
  const absent = now === undefined && (!/\.values\.\w+$/.test(path) || liveRange(path, spec) !== undefined);
  if (typeof now === 'number' || list || absent || path === 'data.labelled') return;
  throw noAxis(path, now === undefined ? 'The formula has no parameter of this name' : 'It is not a number');
}

function noAxis(path: string, got: string): StillroomError {
  return new StillroomError({
    code: 'sweep-setting',
    problem: `${path} cannot be swept`,
    got: got.charAt(0).toLowerCase() + got.slice(1),
    wanted: 'a numeric setting such as objective.temperature',
    remedy: 'Choose another setting',
    control: path,
  });
}

function refused(path: string, value: number, wanted: string, cause?: unknown): StillroomError {
  return new StillroomError(
    {
      code: 'sweep-value',
      problem: `A run cannot have ${path} at one of the values of the sweep`,
      got: String(value),
      wanted,
      remedy: 'Leave that value out',
      control: path,
    },
    { cause },
  );
}
