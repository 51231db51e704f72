/**
 * Settings by path, `training.steps` or `arms.0.learningRate`: how the command line and the page change one field of
 * a specification. The result is validated whole; nothing is guessed but the type of a text.
 */
import { StillroomError } from './errors.ts';
import { parseRunSpec, type RunSpec } from './runSpec.ts';
import { parameterNames } from './terms.ts';

/** A validated copy with one field replaced. Errors: `no-such-setting`, `spec-invalid`. */
export function withSetting(spec: RunSpec, path: string, value: unknown): RunSpec {
  const copy: unknown = structuredClone(spec);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: unknown = copy;
  for (const key of keys) at = key === 'values' ? valuesOf(at) : own(at, key);
  // A list may grow by one at its end, and an optional field may appear where its fellows are.
  if (
    typeof at !== 'object' ||
    at === null ||
    !(Object.hasOwn(at, last) || mayAppear(at, last) || keys.at(-1) === 'values')
  ) {
    throw new StillroomError({
      code: 'no-such-setting',
      problem: `This run has no setting ${path}`,
      wanted: 'a path such as training.steps or objective.temperature',
      remedy: 'Print the specification to see what it has',
      control: path,
    });
  }
  Object.defineProperty(at, last, { value, writable: true, enumerable: true, configurable: true });
  return parseRunSpec(copy);
}

/** The value at a path, or undefined. */
export function settingAt(spec: RunSpec, path: string): unknown {
  return path.split('.').reduce<unknown>(own, spec);
}

/** A text as the JSON it is, else as the text itself: `128`, `true`, `[3,8]`, `cnn`. */
export function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const optional = new Set([
  ...['name', 'smoothing', 'learningRate', 'objective'],
  ...['mixing', 'labelWeight', 'warmup', 'formula', 'values', 'onPolicy', 'top'],
  ...parameterNames,
]);

/** A formula may be without values while all are the usual ones. */
function valuesOf(term: unknown): unknown {
  const known = own(term, 'values');
  if (known !== undefined || own(term, 'id') !== 'formula') return known;
  const values = {};
  return Object.assign(Object(term), { values }).values;
}

function mayAppear(object: object, key: string): boolean {
  return Array.isArray(object) ? key === String(object.length) : optional.has(key);
}

function own(from: unknown, key: string): unknown {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, key)) return undefined;
  return Object.getOwnPropertyDescriptor(from, key)?.value;
}
