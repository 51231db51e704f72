// Links: what goes in comes out, equal settings make equal links, and no link does harm.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Ghost } from './ghost.ts';
import { fuzzLinks } from './hostileLinks.ts';
import { decodeLink, encodeLink } from './link.ts';
import { encodePayload } from './payload.ts';

const presetId = 'dark-knowledge-1';
const preset = presets.get(presetId)?.spec;
if (preset === undefined) throw new Error('no preset');

const ghost: Ghost = {
  appVersion: '0.1.0',
  adapter: 'google swiftshader',
  teacher: 'abcdef012345',
  fingerprint: '0123456789abcdef',
  steps: [50, 2_000],
  curves: [0, 1, 2].map((arm) => ({
    arm,
    values: Array.from(
      { length: 128 },
      (_, i) => Math.round(1000 * (1 - Math.exp(-i / (20 + 9 * arm)))) / 1000,
    ),
  })),
};

const specs = fc
  .record({
    seed: fc.nat(0xffff_ffff),
    temperature: fc.integer({ min: 1, max: 64 }),
    mix: fc.integer({ min: 0, max: 100 }).map((x) => x / 100),
    steps: fc.integer({ min: 1, max: 5_000 }),
    hidden: fc.array(fc.integer({ min: 1, max: 512 }), { maxLength: 4 }),
    leaveOut: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
    events: fc.array(
      fc.record({
        step: fc.nat(500),
        path: fc.constant('objective.temperature'),
        value: fc.integer({ min: 1, max: 32 }),
      }),
      { maxLength: 5 },
    ),
  })
  .map(
    ({ seed, temperature, mix, steps, hidden, leaveOut, events }): RunSpec => ({
      ...preset,
      seed,
      data: { ...preset.data, leaveOut },
      student: { kind: 'mlp', hidden, activation: 'relu', norm: 'none', dropout: 0 },
      objective: { ...preset.objective, temperature, mix },
      training: { ...preset.training, steps },
      events,
    }),
  );

test('any settings come out of a link as they went in, with nothing to note', () => {
  fc.assert(
    fc.property(specs, (spec) => {
      const decoded = decodeLink(encodeLink({ presetId, spec, ghost: null }).fragment);
      expect(decoded).toMatchObject({ presetId, spec, ghost: null, notes: [] });
    }),
  );
});

test('another preset kind of data and student comes out as it went in', () => {
  const moons = presets.get('two-moons-1')?.spec;
  if (moons === undefined) throw new Error('no preset');
  const spec = { ...preset, data: moons.data, student: moons.student };
  expect(decodeLink(encodeLink({ presetId, spec, ghost: null }).fragment)).toMatchObject({ spec, notes: [] });
});

test('a preset unchanged needs its name alone', () => {
  expect(encodeLink({ presetId, spec: preset, ghost: null }).fragment).toBe('#preset=dark-knowledge-1');
});

test('equal settings make equal links, whatever the order of their keys', () => {
  const turned = Object.fromEntries(Object.entries({ ...preset, seed: 5 }).reverse()) as unknown as RunSpec;
  const links = [{ ...preset, seed: 5 }, turned].map(
    (spec) => encodeLink({ presetId, spec, ghost: null }).fragment,
  );
  expect(links[0]).toBe(links[1]);
});

test('a link never ends in an equals sign and holds only characters that a fragment may hold', () => {
  fc.assert(
    fc.property(specs, (spec) => {
      expect(encodeLink({ presetId, spec, ghost }).fragment).toMatch(/^#[\w.&=-]+[\w-]$/);
    }),
  );
});

test('three curves of 128 points come back to a thousandth, in a link of under 2,000 characters', () => {
  const { fragment } = encodeLink({ presetId, spec: { ...preset, seed: 9 }, ghost });
  expect(fragment.length).toBeLessThan(2_000);
  expect(decodeLink(fragment).ghost).toEqual(ghost);
});

test('events beyond the sixty-fourth are left out, and their number is said', () => {
  const events = Array.from({ length: 70 }, (_, step) => ({ step, path: 'objective.mix', value: 0.5 }));
  const link = encodeLink({ presetId, spec: { ...preset, events }, ghost: null });
  expect(link.eventsDropped).toBe(6);
  expect(decodeLink(link.fragment).spec.events).toHaveLength(64);
});

test('a key of the payload itself that no version knows is left out and noted', () => {
  const content = decodeLink(`#preset=${presetId}&s=1.${encodePayload({ d: { seed: 7 }, later: 1 })}`);
  expect(content.spec.seed).toBe(7);
  expect(content.notes).toEqual([{ path: 'later', kind: 'dropped' }]);
});

test('a value beyond its limit is clamped, an unknown key dropped, and both are noted', () => {
  const { fragment } = encodeLink({
    presetId,
    spec: { ...preset, extra: 1, training: { ...preset.training, steps: 9e9 } } as RunSpec,
    ghost: null,
  });
  const { spec, notes } = decodeLink(fragment);
  expect(spec).toEqual({ ...preset, training: { ...preset.training, steps: 1_000_000 } });
  expect(notes).toEqual(
    expect.arrayContaining([
      { path: 'training.steps', kind: 'clamped' },
      { path: 'extra', kind: 'dropped' },
    ]),
  );
});

test('names of the language’s own machinery are left out, and said to be', () => {
  const change = JSON.parse('{"seed":7,"__proto__":{"a":1},"data":{"constructor":{"b":1}}}');
  const { spec, notes } = decodeLink(`#preset=${presetId}&s=1.${encodePayload({ d: change })}`);
  expect(spec).toEqual({ ...preset, seed: 7 });
  expect(notes.map(({ path }) => path)).toEqual(['__proto__', 'data.constructor']);
});

test('an unknown preset, another version and a damaged payload are refused with the reason', () => {
  expect(() => decodeLink('#preset=nothing')).toThrow(/preset that does not exist.*few-labels-1/);
  expect(() => decodeLink('#preset=few-labels-1&s=2.j.e30')).toThrow(/another version/);
  expect(() => decodeLink('#preset=few-labels-1&s=1.d.AAAA')).toThrow(/damaged/);
  expect(() => decodeLink(`#preset=few-labels-1&s=1.j.${'A'.repeat(5_000)}`)).toThrow(/too long/);
});

test('a preset by name alone is its newest version, but settings need the version they differ from', () => {
  expect(decodeLink('#preset=few-labels&hide=data')).toEqual(decodeLink('#preset=few-labels-1&hide=data'));
  expect(decodeLink('#preset=stories').presetId).toBe('stories-1');
  expect(() => decodeLink('#preset=few-labels&s=1.j.eyJkIjp7InNlZWQiOjd9fQ')).toThrow(
    /version of its preset.*few-labels-1/,
  );
  expect(() => decodeLink('#preset=few')).toThrow(/does not exist/);
  expect(() => decodeLink('#preset=')).toThrow(/does not exist/);
});

// A link that was published stays readable.
test.each([['#preset=few-labels-1&s=1.j.eyJkIjp7InNlZWQiOjd9fQ', 7]])(
  'the published link %s still reads as seed %i',
  (link, seed) => {
    expect(decodeLink(link)).toMatchObject({ presetId: 'few-labels-1', spec: { seed }, notes: [] });
  },
);

test('of 10,000 hostile links none escapes as anything but an error of ours, and none reaches a prototype', () => {
  const result = fuzzLinks(10_000, 20_261_124);
  expect(result.faults).toEqual([]);
  expect(result.accepted + result.refused).toBe(10_000);
  expect(result.accepted).toBeGreaterThan(500);
  expect(result.refused).toBeGreaterThan(500);
}, 180_000);

test("a term's parameter out of the range of its loss is clamped, with a note", () => {
  const terms = [{ id: 'jsd', weight: 1, beta: 3 }];
  const spec = { ...preset, objective: { ...preset.objective, terms } };
  const decoded = decodeLink(encodeLink({ presetId, spec, ghost: null }).fragment);
  expect(decoded?.spec.objective.terms).toEqual([{ id: 'jsd', weight: 1, beta: 1 }]);
  expect(decoded?.notes).toEqual([{ path: 'objective.terms.0.beta', kind: 'clamped' }]);
});
