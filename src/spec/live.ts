/**
 * Which settings are live: they act on the next step and become events of the run. Everything else restarts.
 */
import { StillroomError } from './errors.ts';
import { formulaRange } from './formulaRanges.ts';
import { limits, type Range } from './limits.ts';
import type { LiveEvent, RunSpec } from './runSpec.ts';
import { parameterNames, termParameter } from './terms.ts';
import { checkWeights } from './wayRules.ts';

const fixed: ReadonlyMap<string, Range> = new Map<string, Range>([
  ['optimiser.learningRate', limits.learningRate],
  ['optimiser.weightDecay', limits.weightDecay],
  ['optimiser.clipNorm', limits.clipNorm],
  ['objective.temperature', limits.temperature],
  ['objective.mix', limits.share],
  ['objective.hidden.weight', limits.weight],
  ['objective.hidden.sigma', limits.weight],
  ['objective.onPolicy.share', limits.share],
  ['objective.onPolicy.temperature', limits.sampling],
]);

/**
 * The hard range of a live setting, or undefined where the path is not live. A parameter of a term has the range of
 * its own loss where the specification is given.
 */
export function liveRange(path: string, spec?: RunSpec): Range | undefined {
  const known = fixed.get(path);
  if (known !== undefined) return known;
  // What an objective has, an arm's own objective has too.
  const setting = path.replace(/^arms\.[0-7]\.objective\./, 'objective.');
  if (setting !== path && fixed.has(setting)) return fixed.get(setting);
  // Only an averaged copy has one.
  if (path === 'teacher.decay')
    return spec === undefined || spec.teacher.source === 'average' ? limits.decay : undefined;
  if (/^teacher\.members\.[0-3]\.weight$/.test(path))
    return spec === undefined || spec.teacher.source === 'several' ? limits.weight : undefined;
  if (/^objective\.terms\.[0-3]\.weight$/.test(setting)) return limits.weight;
  if (setting === 'objective.labelWeight') return limits.weight;
  if (/^objective\.terms\.[0-3]\.values\.\w{1,32}$/.test(setting)) return valueRange(path, spec);
  const name = /^objective\.terms\.[0-3]\.(\w+)$/.exec(setting)?.[1];
  if (parameterNames.some((parameter) => parameter === name)) return parameterRange(path, spec);
  // An arm's own rate is halved like the run's where its training diverged.
  if (/^arms\.[0-7]\.learningRate$/.test(path)) return limits.learningRate;
  return undefined;
}

/** Of a formula's parameter; without the specification any number. */
function valueRange(path: string, spec: RunSpec | undefined): Range | undefined {
  if (spec === undefined) return limits.value;
  const keys = path.split('.');
  const term = keys.slice(0, -2).reduce((at: unknown, key) => ownValue(at, key), spec);
  return formulaRange(String(ownValue(term, 'formula')), keys.at(-1) ?? '');
}

function parameterRange(path: string, spec: RunSpec | undefined): Range {
  const keys = path.split('.');
  const name = keys.pop() ?? '';
  const id = ownValue(
    keys.reduce((at: unknown, key) => ownValue(at, key), spec),
    'id',
  );
  return termParameter(String(id), name) ?? limits.parameter;
}

/** A copy of the specification with one live setting changed; throws `not-live` or `out-of-range`. */
export function withLive(spec: RunSpec, path: string, value: number): RunSpec {
  const range = liveRange(path, spec);
  if (range === undefined) {
    throw new StillroomError({
      code: 'not-live',
      problem: `${path} cannot change during a run`,
      wanted: 'a live setting, such as objective.temperature',
      remedy: 'Change it and start a new run',
      control: path,
    });
  }
  if (!Number.isFinite(value) || value < range.min || value > range.max) {
    throw new StillroomError({
      code: 'out-of-range',
      problem: `${path} is out of range`,
      got: String(value),
      wanted: `${range.min} to ${range.max}`,
      remedy: 'Choose a value inside the range',
      control: path,
    });
  }
  const changed = setNumber(spec, path, value);
  if (changed.teacher.source === 'several') checkWeights(changed.teacher.members);
  return changed;
}

/** The specification as it stands at `step`, with the events up to and including that step applied. */
export function specAt(spec: RunSpec, step: number): RunSpec {
  return spec.events.reduce(
    (now: RunSpec, event: LiveEvent) => (event.step <= step ? withLive(now, event.path, event.value) : now),
    spec,
  );
}

function setNumber(spec: RunSpec, path: string, value: number): RunSpec {
  const copy = structuredClone(spec);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: unknown = copy;
  for (const key of keys) at = key === 'values' ? valuesIn(at) : ownValue(at, key);
  if (typeof at !== 'object' || at === null) {
    throw new StillroomError({
      code: 'no-such-setting',
      problem: `This run has no ${path}`,
      remedy: 'Choose a setting that the run has',
      control: path,
    });
  }
  Object.defineProperty(at, last, { value, writable: true, enumerable: true, configurable: true });
  return copy;
}

/** A formula's record of values, which it may be without while all are the usual ones. */
function valuesIn(term: unknown): unknown {
  const known = ownValue(term, 'values');
  if (known !== undefined || ownValue(term, 'id') !== 'formula') return known;
  const values = {};
  return Object.assign(Object(term), { values }).values;
}

function ownValue(from: unknown, key: string): unknown {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, key)) return undefined;
  return Object.getOwnPropertyDescriptor(from, key)?.value;
}
