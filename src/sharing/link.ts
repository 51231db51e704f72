/**
 * Links, format 1: everything is in the fragment, `#preset=<id>&s=1.<codec>.<base64url>`. The payload is the
 * difference from a frozen preset and, if wanted, the result as a ghost. A lesson has fields of its own before it, and
 * `embed=1` asks for the small page. Reading one never runs anything.
 */
import { StillroomError } from '../spec/errors.ts';
import type { Lesson } from '../spec/lesson.ts';
import { linkEvents } from '../spec/limits.ts';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { applied, difference } from './difference.ts';
import { type Ghost, ghostFromPlain, plainGhost } from './ghost.ts';
import { lessonFields, lessonFrom } from './lessonFields.ts';
import { type LinkNote, mended } from './mend.ts';
import { decodePayload, encodePayload, payloadLimits } from './payload.ts';

export interface LinkContent {
  readonly presetId: string;
  readonly spec: RunSpec;
  readonly ghost: Ghost | null;
  readonly lesson?: Lesson | null;
  /** Asks for the small page, which stands in a frame of another. */
  readonly embed?: boolean;
}

export interface EncodedLink {
  /** Beginning with `#`. */
  readonly fragment: string;
  /** Live events that did not fit; a bundle has them all. */
  readonly eventsDropped: number;
}

export interface DecodedLink extends Omit<LinkContent, 'embed'> {
  readonly lesson: Lesson | null;
  /** What was dropped or clamped, to be shown. */
  readonly notes: readonly LinkNote[];
}

const schemaVersion = 1;
/** Unknown keys of a payload that are named in a notice. */
const mostUnknown = 4;

/** Errors: `link-preset`. */
export function encodeLink(content: LinkContent): EncodedLink {
  const { presetId, spec, ghost, lesson = null, embed = false } = content;
  const preset = presetOf(presetId);
  const events = spec.events.slice(0, linkEvents);
  const change = difference(preset, { ...spec, events });
  const payload = {
    ...(change === undefined ? {} : { d: change }),
    ...(ghost === null ? {} : { g: plainGhost(ghost) }),
  };
  const eventsDropped = spec.events.length - events.length;
  const plain = Object.keys(payload).length === 0;
  const shown = `${lesson === null ? '' : lessonFields(lesson)}${embed ? '&embed=1' : ''}`;
  const fragment = `#preset=${presetId}${shown}${plain ? '' : `&s=${schemaVersion}.${encodePayload(payload)}`}`;
  return { fragment, eventsDropped };
}

/** Errors: `link-long`, `link-damaged`, `link-preset`, `link-version`; everything else is mended and noted. */
export function decodeLink(fragment: string): DecodedLink {
  if (fragment.length > payloadLimits.characters) decodePayload(fragment);
  const fields = fieldsOf(fragment);
  const coded = fields.get('s');
  const presetId = presetIdOf(fields.get('preset') ?? '', coded === undefined);
  const preset = presetOf(presetId);
  const { lesson, notes: lessonNotes } = lessonFrom(fields);
  const plain = { presetId, lesson };
  if (coded === undefined)
    return { ...plain, spec: structuredClone(preset), ghost: null, notes: lessonNotes };
  const payload = payloadOf(coded);
  const machinery: string[] = [];
  const wanted =
    'd' in payload ? applied(preset, payload.d, (path) => void machinery.push(path.slice(0, 40))) : preset;
  const { spec, notes } = mended(preset, wanted);
  const ghost = 'g' in payload ? ghostFromPlain(payload.g) : null;
  const ghostNote: LinkNote[] = 'g' in payload && ghost === null ? [{ path: 'ghost', kind: 'dropped' }] : [];
  const unknown = [...machinery, ...Object.keys(payload).filter((key) => key !== 'd' && key !== 'g')];
  const dropped = unknown
    .slice(0, mostUnknown)
    .map((key): LinkNote => ({ path: key.slice(0, 40), kind: 'dropped' }));
  return { ...plain, spec, ghost, notes: [...lessonNotes, ...notes, ...ghostNote, ...dropped] };
}

/** Whether a link asks for the small page, even where the rest of it cannot be read. */
export function asksForEmbed(fragment: string): boolean {
  return fragment.length <= payloadLimits.characters && fieldsOf(fragment).get('embed') === '1';
}

function payloadOf(coded: string): object {
  const [version = '', ...rest] = coded.split('.');
  if (version !== String(schemaVersion)) {
    throw new StillroomError({
      code: 'link-version',
      problem: 'This link was made by another version of Stillroom',
      got: `version ${version.slice(0, 8)}`,
      wanted: `version ${schemaVersion}`,
      remedy: 'Reload the page to get the newest version',
    });
  }
  const payload = decodePayload(rest.join('.'));
  return typeof payload === 'object' && payload !== null ? payload : {};
}

/** The first of equal names counts; a name or value that does not decode is left as it is. */
function fieldsOf(fragment: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const part of fragment.replace(/^#/, '').split('&')) {
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    if (!fields.has(name)) fields.set(name, at < 0 ? '' : part.slice(at + 1));
  }
  return fields;
}

/**
 * Settings are a difference from one version of a preset and from no other. Without any, a name typed by hand has no
 * version: the newest is meant.
 */
function presetIdOf(name: string, bare: boolean): string {
  if (presets.has(name)) return name;
  const version = (id: string) => Number(/-(\d+)$/.exec(id)?.[1]);
  const versions = [...presets.keys()].filter((id) => id === `${name}-${version(id)}`);
  const newest = versions.sort((a, b) => version(b) - version(a))[0];
  if (newest === undefined || bare) return newest ?? name;
  throw new StillroomError({
    code: 'link-preset',
    problem: 'This link does not say of which version of its preset it changes the settings',
    got: name,
    wanted: versions.join(' or '),
    remedy: 'Copy the whole link once more',
  });
}

function presetOf(id: string): RunSpec {
  const preset = presets.get(id);
  if (preset !== undefined) return preset.spec;
  throw new StillroomError({
    code: 'link-preset',
    problem: 'This link names a preset that does not exist',
    got: id.slice(0, 40),
    wanted: [...presets.keys()].join(', '),
    remedy: 'Start from a preset of the list',
  });
}
