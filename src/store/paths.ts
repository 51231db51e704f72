/**
 * Reading and writing one field of a specification by its dotted path, the way controls and links name it.
 * Own properties only, and never in place: nothing here can reach a prototype or change a frozen preset.
 */
import type { RunSpec } from '../spec/runSpec.ts';

/** The value at `path`, or undefined where there is none. */
export function readPath(from: unknown, path: string): unknown {
  let at = from;
  for (const key of path.split('.')) at = ownValue(at, key);
  return at;
}

/** A copy of `spec` with the field at `path` replaced; the same specification where the parent is missing. */
export function writePath(spec: RunSpec, path: string, value: unknown): RunSpec {
  const copy = structuredClone(spec);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let parent: unknown = copy;
  for (const key of keys) parent = ownValue(parent, key);
  if (typeof parent !== 'object' || parent === null || last === '__proto__') return spec;
  Object.defineProperty(parent, last, { value, writable: true, enumerable: true, configurable: true });
  return copy;
}

/** As `writePath`; a term that becomes another loss loses the parameters of the one it was. */
export function writeSetting(spec: RunSpec, path: string, value: unknown): RunSpec {
  const term = /^(.*objective\.terms\.\d)\.id$/.exec(path)?.[1];
  if (term === undefined) return writePath(spec, path, value);
  return writePath(spec, term, { id: value, weight: readPath(spec, `${term}.weight`) });
}

function ownValue(from: unknown, key: string): unknown {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, key)) return undefined;
  return Object.getOwnPropertyDescriptor(from, key)?.value;
}
