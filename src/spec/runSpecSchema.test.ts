// public/schema/run-spec-1.json, for editors and other programs that write run specifications. It is generated here,
// from the schema that the program itself obeys: `npm run schema` writes it, any other run compares. Some rules have
// no place in it: that labelled rows are no more than transfer rows, the range of a parameter in its own loss, and what
// a model and its data must share.
import { toJsonSchema } from '@valibot/to-json-schema';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { presets } from './presets.ts';
import { parseRunSpec, runSpecSchema } from './runSpec.ts';

const schema: unknown = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Stillroom run specification, version 1',
  description: 'Everything that a run is: data, teacher, student, objective, optimiser, training and arms.',
  // JSON has no number that is not finite.
  ...toJsonSchema(runSpecSchema, { target: 'draft-07', ignoreActions: ['finite'] }),
};

test('the published schema is the one that the program obeys', async () => {
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('../../public/schema/run-spec-1.json');
});

test.each([...presets.values()])(
  'the preset $id is a specification, by program and by schema',
  ({ spec }) => {
    expect(parseRunSpec(spec)).toEqual(spec);
    expect(faults(spec, schema)).toEqual([]);
  },
);

test('program and schema refuse the same single changes of a preset', () => {
  const specs = [...presets.values()].map(({ spec }) => spec);
  const strange = fc.oneof(
    fc.constantFrom<unknown>(null, '', 'mlp', true, [], {}, 'x'.repeat(300), 0.5, -1, 2 ** 32),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
  );
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.constantFrom(...specs), fc.nat(), fc.boolean(), strange, (spec, at, add, value) => {
      const places = objectsIn(spec);
      const place = places[at % places.length] ?? [];
      const changed = withValue(spec, add ? [...place.slice(0, -1), 'unheardOf'] : place, value);
      const refused = isRefused(changed);
      seen[refused ? 'refused' : 'accepted'] += 1;
      expect(faults(changed, schema).length > 0).toBe(refused);
    }),
    { numRuns: 2_000 },
  );
  expect(seen.accepted).toBeGreaterThan(50);
  expect(seen.refused).toBeGreaterThan(50);
});

test('a keyword that the checker here does not know is an error, and no silent yes', () => {
  expect(() => faults({}, { unevaluatedProperties: false })).toThrow(/unevaluatedProperties/);
});

const betweenFields = new Set(['spec-labelled', 'spec-parameter', 'spec-formula']);

/** By the program; the rules that the schema cannot hold are not asked. */
function isRefused(spec: unknown): boolean {
  try {
    parseRunSpec(spec);
    return false;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && betweenFields.has(String(error.code)));
  }
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The path of each value in a specification, its objects and lists included, but not the whole. */
function objectsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [
    ...(path.length > 0 ? [path] : []),
    ...inner.flatMap(([key, next]) => objectsIn(next, [...path, key])),
  ];
}

function withValue(whole: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(whole))
    return whole.map((item, i) => (String(i) === key ? withValue(item, rest, value) : item));
  return isObject(whole) ? { ...whole, [key]: withValue(whole[key], rest, value) } : whole;
}

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

/** Says yes (true) or no to one keyword. Those about another type say yes, as JSON Schema has it. */
const keywords: Readonly<Record<string, (value: unknown, rule: unknown, whole: Json) => boolean>> = {
  $schema: () => true,
  title: () => true,
  description: () => true,
  type: (value, rule) => types[String(rule)]?.(value) ?? false,
  const: (value, rule) => value === rule,
  enum: (value, rule) => Array.isArray(rule) && rule.includes(value),
  anyOf: (value, rule) => some(rule, value) > 0,
  oneOf: (value, rule) => some(rule, value) === 1,
  minimum: (value, rule) => typeof value !== 'number' || value >= Number(rule),
  maximum: (value, rule) => typeof value !== 'number' || value <= Number(rule),
  maxLength: (value, rule) => typeof value !== 'string' || value.length <= Number(rule),
  maxProperties: (value, rule) => !isObject(value) || Object.keys(value).length <= Number(rule),
  // Every key of JSON is a text.
  propertyNames: (_, rule) => isObject(rule) && rule['type'] === 'string',
  minItems: (value, rule) => !Array.isArray(value) || value.length >= Number(rule),
  maxItems: (value, rule) => !Array.isArray(value) || value.length <= Number(rule),
  items: (value, rule) => !Array.isArray(value) || value.every((item) => faults(item, rule).length === 0),
  required: (value, rule) => !isObject(value) || (Array.isArray(rule) && rule.every((key) => key in value)),
  properties: (value, rule) =>
    !isObject(value) ||
    !isObject(rule) ||
    Object.entries(value).every(([key, inner]) => !(key in rule) || faults(inner, rule[key]).length === 0),
  additionalProperties: (value, rule, { properties }) => {
    if (!isObject(value)) return true;
    if (isObject(rule)) return Object.values(value).every((inner) => faults(inner, rule).length === 0);
    return (
      rule !== false ||
      (isObject(properties) && Object.keys(value).every((key) => Object.hasOwn(properties, key)))
    );
  },
};

function some(rules: unknown, value: unknown): number {
  return Array.isArray(rules) ? rules.filter((rule) => faults(value, rule).length === 0).length : 0;
}

/** The keywords that say no. A checker of just what the schema uses, so that no dependency is needed for it. */
function faults(value: unknown, rules: unknown): readonly string[] {
  if (!isObject(rules)) throw new TypeError('A schema is an object.');
  return Object.entries(rules).flatMap(([keyword, rule]) => {
    const holds = keywords[keyword];
    if (holds === undefined) throw new TypeError(`The keyword ${keyword} is unknown here.`);
    return holds(value, rule, rules) ? [] : [keyword];
  });
}
