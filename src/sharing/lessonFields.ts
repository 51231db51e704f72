/**
 * A lesson in the fields of a link: `lesson` holds its words as `<codec>.<base64url>`, `hide` and `lock` ids with points
 * between, `level` a word. What no list knows is dropped with a note; nothing here refuses a link.
 */
import { StillroomError } from '../spec/errors.ts';
import {
  emptyLesson,
  type Lesson,
  lessonLevels,
  lessonLimits,
  lessonLocks,
  lessonParts,
  plainLine,
} from '../spec/lesson.ts';
import type { LinkNote } from './mend.ts';
import { decodePayload, encodePayload } from './payload.ts';

/** Unknown ids of a field that are named in a notice. */
const mostUnknown = 4;

/** Each beginning with `&`; empty for a link without a lesson. */
export function lessonFields({ hide, lock, level, title, text }: Lesson): string {
  const words = { t: plainLine(title, lessonLimits.title), x: plainLine(text, lessonLimits.text) };
  const told = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== ''));
  const parts = lessonParts.filter((part) => hide.includes(part));
  const locks = lessonLocks.filter((one) => lock.includes(one));
  const fields = [
    Object.keys(told).length === 0 ? '' : `&lesson=${encodePayload(told)}`,
    parts.length === 0 ? '' : `&hide=${parts.join('.')}`,
    locks.length === 0 ? '' : `&lock=${locks.join('.')}`,
  ].join('');
  // A level alone makes no lesson: it is how the page was left.
  return fields === '' || level === 'learn' ? fields : `${fields}&level=${level}`;
}

/** Null where a link has none of its fields. */
export function lessonFrom(fields: ReadonlyMap<string, string>): {
  readonly lesson: Lesson | null;
  readonly notes: readonly LinkNote[];
} {
  const hide = idsOf(fields.get('hide'), lessonParts, 'hide');
  const lock = idsOf(fields.get('lock'), lessonLocks, 'lock');
  const words = wordsOf(fields.get('lesson'));
  const level = lessonLevels.find((one) => one === fields.get('level')) ?? 'learn';
  const notes = [...hide.notes, ...lock.notes, ...words.notes];
  const { title, text } = words;
  if (hide.ids.length + lock.ids.length === 0 && title === '' && text === '') return { lesson: null, notes };
  return { lesson: { ...emptyLesson, hide: hide.ids, lock: lock.ids, level, title, text }, notes };
}

function idsOf<T extends string>(field: string | undefined, known: readonly T[], name: string) {
  const given = new Set((field ?? '').split(/[.,]/).filter((id) => id !== ''));
  const ids = known.filter((id) => given.delete(id));
  const notes = [...given]
    .slice(0, mostUnknown)
    .map((id): LinkNote => ({ path: `${name}.${id.slice(0, 40)}`, kind: 'dropped' }));
  return { ids, notes };
}

function wordsOf(coded: string | undefined): {
  readonly title: string;
  readonly text: string;
  readonly notes: readonly LinkNote[];
} {
  if (coded === undefined) return { title: '', text: '', notes: [] };
  const payload = payloadOf(coded);
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    return { title: '', text: '', notes: [{ path: 'lesson', kind: 'dropped' }] };
  const title = lineOf(payload, 't', lessonLimits.title);
  const text = lineOf(payload, 'x', lessonLimits.text);
  const unknown = Object.keys(payload).some((key) => key !== 't' && key !== 'x');
  const dropped: LinkNote[] = unknown ? [{ path: 'lesson', kind: 'dropped' }] : [];
  return { title: title.line, text: text.line, notes: [...title.notes, ...text.notes, ...dropped] };
}

function payloadOf(coded: string): unknown {
  try {
    return decodePayload(coded);
  } catch (error) {
    if (error instanceof StillroomError) return null;
    throw error;
  }
}

function lineOf(payload: object, key: 't' | 'x', most: number): { line: string; notes: readonly LinkNote[] } {
  const value: unknown = Object.hasOwn(payload, key)
    ? Object.getOwnPropertyDescriptor(payload, key)?.value
    : '';
  const path = key === 't' ? 'lesson.title' : 'lesson.text';
  if (typeof value !== 'string') return { line: '', notes: [{ path, kind: 'dropped' }] };
  const line = plainLine(value, most);
  const cut = plainLine(value, value.length) !== line;
  return { line, notes: cut ? [{ path, kind: 'clamped' }] : [] };
}
