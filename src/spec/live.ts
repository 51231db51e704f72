/**
 * Which settings are live: they act on the next step and become events of the run. Everything else restarts.
 */
import { StillroomError } from './errors.ts';
import { limits, type Range } from './limits.ts';
import type { LiveEvent, RunSpec } from './runSpec.ts';

const fixed: ReadonlyMap<string, Range> = new Map<string, Range>([
  ['optimiser.learningRate', limits.learningRate],
  ['optimiser.weightDecay', limits.weightDecay],
  ['optimiser.clipNorm', limits.clipNorm],
  ['objective.temperature', limits.temperature],
  ['objective.mix', limits.share],
  ['objective.hidden.weight', limits.weight],
]);

/** The hard range of a live setting, or undefined where the path is not live. */
export function liveRange(path: string): Range | undefined {
  const known = fixed.get(path);
  if (known !== undefined) return known;
  if (/^objective\.terms\.[0-3]\.weight$/.test(path)) return limits.weight;
  if (/^objective\.terms\.[0-3]\.beta$/.test(path)) return limits.share;
  // An arm's own rate is halved like the run's where its training diverged.
  if (/^arms\.[0-7]\.learningRate$/.test(path)) return limits.learningRate;
  return undefined;
}

/** A copy of the specification with one live setting changed; throws `not-live` or `out-of-range`. */
export function withLive(spec: RunSpec, path: string, value: number): RunSpec {
  const range = liveRange(path);
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
  return setNumber(spec, path, value);
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
  for (const key of keys) at = ownValue(at, key);
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

function ownValue(from: unknown, key: string): unknown {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, key)) return undefined;
  return Object.getOwnPropertyDescriptor(from, key)?.value;
}
