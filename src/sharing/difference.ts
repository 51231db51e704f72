/**
 * The difference of two specifications as plain JSON, and its application. Objects differ key by key; anything else,
 * lists included, is replaced whole. Keys are sorted, so equal settings make equal texts.
 */

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** What has to change in `from` to become `to`; undefined where nothing has. A key that vanishes becomes null. */
export function difference(from: unknown, to: unknown): Plain | undefined {
  if (isRecord(from) && isRecord(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
    const changes = keys.flatMap((key): [string, Plain][] => {
      if (!Object.hasOwn(to, key)) return [[key, null]];
      const change = difference(Object.hasOwn(from, key) ? from[key] : undefined, to[key]);
      return change === undefined ? [] : [[key, change]];
    });
    return changes.length === 0 ? undefined : Object.fromEntries(changes);
  }
  return JSON.stringify(from) === JSON.stringify(to) ? undefined : toPlain(to);
}

const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A fresh value with the change applied. An object in the change meets an object in `from` key by key; a null for a
 * key that `from` has takes it away where `optional` says so. Names of the language's own machinery are dropped, and `tell` is told their paths.
 */
export function applied(
  from: unknown,
  change: unknown,
  tell: (path: string) => void = () => undefined,
): unknown {
  if (!isRecord(change)) return structuredClone(change);
  const base = isRecord(from) ? from : {};
  const result = new Map<string, unknown>();
  for (const [key, value] of Object.entries(base)) result.set(key, structuredClone(value));
  for (const [key, value] of Object.entries(change)) {
    if (forbidden.has(key)) tell(key);
    else
      result.set(
        key,
        applied(Object.hasOwn(base, key) ? base[key] : undefined, value, (path) => tell(`${key}.${path}`)),
      );
  }
  return Object.fromEntries(result);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toPlain(value: unknown): Plain {
  if (Array.isArray(value)) return value.map(toPlain);
  if (isRecord(value))
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, toPlain(value[key])]),
    );
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  return null;
}
