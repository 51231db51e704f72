/**
 * Live runs that were left unfinished, as this browser remembers them between visits: enough to fill in the form and to
 * find the checkpoint, which is the engine's. The newest first, a run of each specification once.
 */
import { onCurve } from '../sharing/onCurve.ts';
import { isDeepEqual } from '../spec/equal.ts';
import { limits } from '../spec/limits.ts';
import { presets } from '../spec/presets.ts';
import { type LiveEvent, parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { headlineOf, headlineValue, onlyHeadline, validationOf } from './headline.ts';
import type { Run } from './run.ts';

const memory = 'stillroom.runs';
/** As many as the engine keeps checkpoints of. */
const most = 8;
/** As many evaluations of a run, at least half of them where it has more. */
const mostPoints = 200;

/** What a run said at a step of its one number: of each arm the value and what validation made of it. */
interface Point {
  readonly step: number;
  readonly arms: readonly (readonly [value: number | null, validation: number | null])[];
}

export interface Remembered {
  readonly presetId: string;
  readonly name: string;
  readonly step: number;
  /** As the run was started: its checkpoint is found by it. */
  readonly spec: RunSpec;
  /** What was changed by hand since. */
  readonly events: readonly LiveEvent[];
  /** Its curve so far, which the engine keeps nothing of. */
  readonly curve: readonly Point[];
}

/** What can be taken up, the newest first. */
export function remembered(): readonly Remembered[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(memory) ?? '[]');
    return Array.isArray(kept) ? kept.flatMap(read) : [];
  } catch {
    return [];
  }
}

/** The run as it stands, before all others; one that has not begun or has finished is no longer there. */
export function remember(run: Run): void {
  const { presetId, name, step, facts, log } = run;
  const spec = facts?.spec ?? run.spec;
  const unfinished = step > 0 && run.state !== 'finished';
  const events = log.events.slice(0, limits.events.max);
  write(spec, unfinished ? { presetId, name, step, spec, events, curve: curveOf(run) } : null);
}

/** Puts back into a run that is taken up what is remembered of it. */
export function recall({ spec, log }: Run, { events, curve }: Remembered): void {
  for (const event of events) log.record(event);
  const headline = headlineOf(spec);
  for (const { step, arms } of curve) {
    const known = arms.map(([value, validation]) =>
      onlyHeadline(headline, value ?? Number.NaN, validation ?? Number.NaN),
    );
    if (known.length === spec.arms.length) log.evaluate({ step, arms: known });
  }
}

function curveOf({ spec, log: { evaluations } }: Run): readonly Point[] {
  const headline = headlineOf(spec);
  const stride = Math.ceil(evaluations.length / mostPoints);
  const points = evaluations.filter((_, i) => i % stride === 0);
  return points.map(({ step, arms }) => ({
    step,
    arms: arms.map((one) => [headlineValue(onCurve(one), headline), validationOf(one, headline)] as const),
  }));
}

/** The run of this specification is not offered any more. */
export function forget(spec: RunSpec): void {
  write(spec, null);
}

function write(spec: RunSpec, first: Remembered | null): void {
  const others = remembered().filter((one) => !isDeepEqual(one.spec, spec));
  const kept = first === null ? others : [first, ...others];
  try {
    localStorage.setItem(memory, JSON.stringify(kept.slice(0, most)));
  } catch {
    // Without storage a run is only as long as its page.
  }
}

function read(kept: unknown): readonly Remembered[] {
  if (typeof kept !== 'object' || kept === null) return [];
  if (!('spec' in kept && 'presetId' in kept && 'step' in kept && 'name' in kept)) return [];
  const { presetId, name, step } = kept;
  if (typeof presetId !== 'string' || !presets.has(presetId)) return [];
  if (typeof name !== 'string' || typeof step !== 'number') return [];
  try {
    const spec = parseRunSpec(kept.spec);
    const { events } = parseRunSpec({ ...spec, events: 'events' in kept ? kept.events : [] });
    const curve = 'curve' in kept && Array.isArray(kept.curve) ? kept.curve.filter(isPoint) : [];
    return [{ presetId, name, step, spec, events, curve }];
  } catch {
    return [];
  }
}

function isPoint(value: unknown): value is Point {
  if (typeof value !== 'object' || value === null || !('step' in value && 'arms' in value)) return false;
  const { step, arms } = value;
  const isFigure = (one: unknown) => one === null || typeof one === 'number';
  return (
    Number.isInteger(step) &&
    Array.isArray(arms) &&
    arms.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isFigure))
  );
}
