/**
 * What differs between two specifications, field by field, and which of it restarts a run. Pure.
 * It is for showing and counting; the difference that a link carries is made in sharing.
 */
import { liveRange } from '../spec/live.ts';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';

export interface Change {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Fields that change no number of a run. */
const silent = new Set(['name', 'events', 'evaluation.offset', 'schema']);

/** Changed fields in the order of the specification. Lists count as one field. */
export function changesBetween(from: RunSpec, to: RunSpec): readonly Change[] {
  const found: Change[] = [];
  compare(from, to, '', found);
  return found;
}

/** The preset of the same task that differs least, or `otherwise` where no preset is of it. */
export function nearestPreset(spec: RunSpec, otherwise: string): string {
  const same = [...presets.values()].filter((preset) => preset.spec.data.task === spec.data.task);
  const counted = same.map(({ id, spec: own }) => ({ id, changes: changesBetween(own, spec).length }));
  return counted.sort((a, b) => a.changes - b.changes)[0]?.id ?? otherwise;
}

/** Those that need a new run. */
export function restarting(changes: readonly Change[]): readonly Change[] {
  return changes.filter((change) => liveRange(change.path) === undefined);
}

function compare(from: unknown, to: unknown, path: string, found: Change[]): void {
  if (silent.has(path)) return;
  if (!isRecord(from) || !isRecord(to)) {
    if (JSON.stringify(from) !== JSON.stringify(to)) found.push({ path, from, to });
    return;
  }
  const other = kindOf(from) !== kindOf(to);
  if (other && path !== '') {
    found.push({ path: `${path}.${kindField(to)}`, from: kindOf(from), to: kindOf(to) });
    return;
  }
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    compare(from[key], to[key], path === '' ? key : `${path}.${key}`, found);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field that tells the members of a variant apart; with another member, all other fields differ anyway. */
function kindField(value: Record<string, unknown>): string {
  return ['kind', 'task', 'source'].find((key) => typeof value[key] === 'string') ?? 'kind';
}

function kindOf(value: Record<string, unknown>): unknown {
  return value[kindField(value)];
}
