// Lessons in links: what goes in comes out, what no list knows is dropped and said, and words are plain and short.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  emptyLesson,
  isLockedBy,
  type Lesson,
  lessonLevels,
  lessonLimits,
  lessonLocks,
  lessonParts,
  plainLine,
} from '../spec/lesson.ts';
import { presets } from '../spec/presets.ts';
import { asksForEmbed, decodeLink, encodeLink } from './link.ts';
import { encodePayload } from './payload.ts';

const presetId = 'dark-knowledge-1';
const preset = presets.get(presetId)?.spec;
if (preset === undefined) throw new Error('no preset');

const line = (most: number) => fc.string({ unit: 'grapheme' }).map((text) => plainLine(text, most));
const lessons = fc
  .record({
    hide: fc.subarray([...lessonParts]),
    lock: fc.subarray([...lessonLocks]),
    level: fc.constantFrom(...lessonLevels),
    title: line(lessonLimits.title),
    text: line(lessonLimits.text),
  })
  .filter(({ hide, lock, title, text }) => hide.length + lock.length + title.length + text.length > 0);

const linkOf = (lesson: Lesson, more: object = {}) =>
  encodeLink({ presetId, spec: { ...preset, seed: 7 }, ghost: null, lesson, ...more }).fragment;
const read = (fields: string) => decodeLink(`#preset=${presetId}${fields}`);

test('any lesson comes out of a link as it went in, with its settings, and in the characters of a fragment', () => {
  fc.assert(
    fc.property(lessons, fc.boolean(), (lesson, embed) => {
      const link = linkOf(lesson, { embed });
      expect(link).toMatch(/^#[\w.&=-]+[\w-]$/);
      expect(decodeLink(link)).toMatchObject({ lesson, notes: [], spec: { seed: 7 } });
      expect(asksForEmbed(link)).toBe(embed);
    }),
  );
});

test('a link without a lesson has none of its fields, and a level alone makes none', () => {
  expect(linkOf(emptyLesson)).toBe(
    encodeLink({ presetId, spec: { ...preset, seed: 7 }, ghost: null }).fragment,
  );
  expect(linkOf({ ...emptyLesson, level: 'lab' })).not.toContain('level');
  expect(read('&level=lab')).toMatchObject({ lesson: null, notes: [] });
});

test('the longest lesson in the widest script is a link of under 2,000 characters', () => {
  const wide = (most: number) =>
    Array.from({ length: most }, (_, i) => String.fromCodePoint(0x4e00 + 97 * i)).join('');
  const lesson: Lesson = {
    ...{ hide: lessonParts, lock: lessonLocks, level: 'tinker' },
    ...{ title: wide(lessonLimits.title), text: wide(lessonLimits.text) },
  };
  expect(linkOf(lesson).length).toBeLessThan(2_000);
  expect(decodeLink(linkOf(lesson)).lesson).toEqual(lesson);
});

describe('of a lesson that nobody of ours wrote', () => {
  test('ids of no list are dropped, named once, and only the first four of them', () => {
    const { lesson, notes } = read('&hide=data.__proto__,runs.data.<b>&lock=mix.toString.a.b.c.d.e');
    expect(lesson).toEqual({ ...emptyLesson, hide: ['data', 'runs'], lock: ['mix'] });
    expect(notes.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      'hide.__proto__ dropped',
      'hide.<b> dropped',
      ...['toString', 'a', 'b', 'c'].map((id) => `lock.${id} dropped`),
    ]);
  });

  test.each([
    ['a damaged text', 'j.%%%', ['lesson dropped']],
    ['a text that is no object', encodePayload([1]), ['lesson dropped']],
    ['a title that is no text', encodePayload({ t: { a: 1 }, x: 'Look.' }), ['lesson.title dropped']],
    ['a key that no version knows', encodePayload({ x: 'Look.', html: '<b>' }), ['lesson dropped']],
    ['a text that is too long', encodePayload({ x: 'Look. '.repeat(100) }), ['lesson.text clamped']],
  ])('%s is left out or cut, with a note, and the rest is read', (_, coded, expected) => {
    const { lesson, notes } = read(`&lesson=${coded}&hide=data`);
    expect(notes.map(({ path, kind }) => `${path} ${kind}`)).toEqual(expected);
    expect(lesson?.hide).toEqual(['data']);
    expect([...(lesson?.text ?? '')].length).toBeLessThanOrEqual(lessonLimits.text);
  });

  test('control characters and those that turn the direction of text become spaces', () => {
    const x = 'One\u0000\u202etwo\u2066\n  three \ud800four <b>five</b>';
    expect(read(`&lesson=${encodePayload({ x })}`).lesson?.text).toBe('One two three four <b>five</b>');
  });
});

test('every id is described for those who write links by hand', () => {
  const page = readFileSync(new URL('../../docs/links.md', import.meta.url), 'utf8');
  const described = (heading: string) => {
    const [, table = ''] = page.split(heading);
    return [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `(\w+)`/gm)].map(([, id]) => id);
  };
  expect(described('| leaves out ')).toEqual([...lessonParts]);
  expect(described('| locks ')).toEqual([...lessonLocks]);
});

test('a lock holds its settings and those below them, and no others', () => {
  expect(isLockedBy(['mix'], 'objective.mix')).toBe(true);
  expect(isLockedBy(['mix'], 'objective.mixing')).toBe(false);
  expect(isLockedBy(['loss'], 'objective.terms.0.weight')).toBe(true);
  expect(isLockedBy(['loss'], 'optimiser.learningRate')).toBe(false);
  expect(isLockedBy([], 'objective.mix')).toBe(false);
});
