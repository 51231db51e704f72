/**
 * Makes a valid specification of whatever a link gave: numbers out of range are clamped, unknown keys and wrong
 * values fall back to the preset's, and each of these is noted for the reader. It never guesses a meaning.
 */
import * as v from 'valibot';
import { parseRunSpec, type RunSpec, runSpecSchema } from '../spec/runSpec.ts';
import { termFaults } from '../spec/termRules.ts';

export interface LinkNote {
  /** Dotted path of the field: `training.steps`. */
  readonly path: string;
  readonly kind: 'clamped' | 'dropped';
}

/** Rounds of mending; every round mends one field or gives up. */
const mostRounds = 40;

export function mended(
  preset: RunSpec,
  input: unknown,
): { readonly spec: RunSpec; readonly notes: readonly LinkNote[] } {
  const notes: LinkNote[] = [];
  const candidate = structuredClone(input);
  for (let round = 0; round < mostRounds; round++) {
    const result = v.safeParse(runSpecSchema, candidate, { abortEarly: true });
    if (result.success) return settle(preset, result.output, notes);
    const [issue] = result.issues;
    const keys = (issue.path ?? []).map(({ key }) => String(key));
    if (keys.length === 0) break;
    const kind = mendOne(candidate, preset, keys, issue);
    // A null is how a difference says that a key of the preset has no place any more.
    if (issue.expected !== 'never' || issue.path?.at(-1)?.value !== null)
      notes.push({ path: keys.join('.'), kind });
  }
  return { spec: structuredClone(preset), notes: [...notes, { path: '', kind: 'dropped' }] };
}

/** Rules between fields hold too, or the preset does. */
function settle(preset: RunSpec, given: RunSpec, earlier: readonly LinkNote[]) {
  const faults = termFaults(given);
  const spec = faults.reduce((now, { path, nearest }) => {
    put(now, path.split('.'), nearest);
    return now;
  }, given);
  const notes = [...earlier, ...faults.map(({ path }) => ({ path, kind: 'clamped' as const }))];
  try {
    return { spec: parseRunSpec(spec), notes };
  } catch {
    const data = { ...spec.data, labelled: Math.min(spec.data.transfer, Number(spec.data.labelled) || 0) };
    try {
      return {
        spec: parseRunSpec({ ...spec, data }),
        notes: [...notes, { path: 'data.labelled', kind: 'clamped' as const }],
      };
    } catch {
      return { spec: structuredClone(preset), notes: [...notes, { path: '', kind: 'dropped' as const }] };
    }
  }
}

function mendOne(
  candidate: unknown,
  preset: unknown,
  keys: readonly string[],
  issue: v.BaseIssue<unknown>,
): LinkNote['kind'] {
  const last = keys.at(-1) ?? '';
  const parent = at(candidate, keys.slice(0, -1));
  if (typeof parent !== 'object' || parent === null) {
    put(candidate, keys.slice(0, -1), at(preset, keys.slice(0, -1)));
    return 'dropped';
  }
  const { input, requirement } = issue as { input: unknown; requirement?: unknown };
  if (typeof input === 'number' && typeof requirement === 'number' && Number.isFinite(input)) {
    put(candidate, keys, requirement);
    return 'clamped';
  }
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else Reflect.deleteProperty(parent, last);
    return 'dropped';
  }
  const fallback = at(preset, keys);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (fallback === undefined) dropWhole(candidate, preset, keys);
  else put(candidate, keys, fallback);
  return 'dropped';
}

/** A field that the preset has not: its whole part falls back. */
function dropWhole(candidate: unknown, preset: unknown, keys: readonly string[]): void {
  const parent = at(candidate, keys.slice(0, -1));
  if (typeof parent === 'object' && parent !== null && Object.hasOwn(parent, keys.at(-1) ?? '')) {
    Reflect.deleteProperty(parent, keys.at(-1) ?? '');
    return;
  }
  const [top = ''] = keys;
  put(candidate, [top], at(preset, [top]));
}

function at(from: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    return Object.getOwnPropertyDescriptor(inner, key)?.value;
  }, from);
}

function put(into: unknown, keys: readonly string[], value: unknown): void {
  const parent = at(into, keys.slice(0, -1));
  if (typeof parent !== 'object' || parent === null) return;
  const descriptor = { value: structuredClone(value), writable: true, enumerable: true, configurable: true };
  Object.defineProperty(parent, keys.at(-1) ?? '', descriptor);
}
